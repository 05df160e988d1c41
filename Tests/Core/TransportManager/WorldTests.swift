// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import Testing

@Suite("The transport manager in a random world")
struct WorldTests {
  private func world(_ seed: UInt64) -> World {
    let world = World(policy: threeTransports, seed: seed)
    world.manager.setPeer(alice, addresses: threeAddresses, dialsWin: true, now: 0)
    world.manager.wants(alice, now: 0)
    return world
  }

  @Test("a peer is connected in bounded time when a path works, whatever happened before")
  func connects() {
    for seed in UInt64(0)..<1000 {
      var world = world(seed)
      for _ in 0..<4 {
        for name in ["htx", "ws", "ble"] {
          let behaviour = World.Behaviour.allCases.randomElement(using: &world.random) ?? .works
          world.behaviours[name] = behaviour == .badKey ? .refuses : behaviour
          if Bool.random(using: &world.random) { world.kill(name) }
        }
        world.run(for: UInt64.random(in: 1...400, using: &world.random) * seconds)
        #expect(world.unreachable > 0 || !world.inFlight.isEmpty || world.active[alice] != nil, "seed \(seed)")
      }
      let working = ["htx", "ws", "ble"].randomElement(using: &world.random) ?? "ws"
      for name in ["htx", "ws", "ble"] {
        world.behaviours[name] = name == working ? .works : .refuses
        if name != working { world.kill(name) }
      }
      // The longest breaker with jitter, one retry wait with jitter, one attempt.
      world.run(for: 430 * seconds)
      #expect(world.activeTransport(alice) == working, "seed \(seed)")
      #expect(!world.stuck && world.mostPerPeer <= 4, "seed \(seed)")
    }
  }

  @Test("the best priority group is active in the end when everything is healthy")
  func bestGroupWins() {
    for seed in UInt64(0)..<500 {
      var world = world(seed)
      for name in ["htx", "ws", "ble"] {
        world.behaviours[name] = World.Behaviour.allCases.filter { $0 != .badKey }.randomElement(using: &world.random)
      }
      world.run(for: UInt64.random(in: 1...300, using: &world.random) * seconds)
      for name in ["htx", "ws", "ble"] { world.behaviours[name] = .works }
      // Two of the longest maintenance waits, and the longest probation.
      world.run(for: 1400 * seconds)
      #expect(world.activeTransport(alice) == "htx", "seed \(seed)")
      let before = world.switches
      world.run(for: 2000 * seconds)
      #expect(world.switches == before && !world.stuck, "seed \(seed)")
    }
  }

  @Test("attempts in flight stay within the limits of peer and node, and every peer gets its turn")
  func limits() {
    for seed in UInt64(0)..<20 {
      var limits = TransportLimits()
      limits.attempts = 7
      limits.attemptsPerPeer = 2
      var world = World(policy: threeTransports, seed: seed, limits: limits)
      world.behaviours = ["htx": .blackHole, "ws": .works, "ble": .refuses]
      let peers = (1...40).map { PeerHandle(rawValue: $0) }
      for peer in peers {
        world.manager.setPeer(peer, addresses: threeAddresses, dialsWin: true, now: 0)
        world.manager.wants(peer, now: 0)
        world.obey()
      }
      world.run(for: 120 * seconds)
      #expect(world.mostInFlight <= 7 && world.mostPerPeer <= 2, "seed \(seed)")
      #expect(peers.allSatisfy { world.activeTransport($0) == "ws" }, "seed \(seed)")
    }
  }

  @Test("RTT noise around equal values moves nothing, and a clearly faster link of the group wins")
  func noFlapping() {
    for seed in UInt64(0)..<50 {
      var policy = threeTransports
      policy.transports[1].priorityGroup = 1
      var world = World(policy: policy, seed: seed)
      world.manager.setPeer(alice, addresses: Array(threeAddresses.prefix(2)), dialsWin: true, now: 0)
      world.manager.wants(alice, now: 0)
      world.rtts = ["htx": 50 * milliseconds, "ws": 50 * milliseconds]
      world.run(for: 10 * seconds)
      let before = world.switches
      for _ in 0..<500 {
        world.now += 50 * milliseconds
        for link in world.transports.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
          let noise = UInt64.random(in: 40...60, using: &world.random) * milliseconds
          world.manager.rttSample(link, noise, now: world.now)
        }
        world.obey()
      }
      #expect(world.switches == before && world.transports.count == 2, "seed \(seed)")
      let slow = world.active[alice]
      for _ in 0..<200 {
        world.now += 50 * milliseconds
        for link in world.transports.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
          world.manager.rttSample(link, (link == slow ? 50 : 10) * milliseconds, now: world.now)
        }
        world.obey()
      }
      #expect(world.active[alice] != slow && world.switches == before + 1, "seed \(seed)")
    }
  }
}
