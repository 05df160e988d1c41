// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import Testing

@Suite("The rules of the transport manager")
struct RuleTests {
  private func world(
    _ behaviours: [String: World.Behaviour], policy: TransportPolicy = threeTransports, wanted: Bool = true
  ) -> World {
    var world = World(policy: policy, seed: 7)
    world.behaviours = behaviours
    world.manager.setPeer(alice, addresses: threeAddresses, dialsWin: true, now: 0)
    if wanted { world.manager.wants(alice, now: 0) }
    world.obey()
    return world
  }

  @Test("a fallback follows every kind of failure", arguments: World.Behaviour.allCases.filter { $0 != .works })
  func fallback(behaviour: World.Behaviour) {
    var world = world(["htx": behaviour, "ws": .works, "ble": .blackHole])
    world.run(for: 5 * seconds)
    if behaviour == .diesLate { world.kill("htx") }
    #expect(["htx", "ws"].contains(world.activeTransport(alice)))
    if behaviour != .diesLate { #expect(world.activeTransport(alice) == "ws") }
  }

  @Test("with a standby the next link is chosen in the same call in which the first one dies")
  func standby() throws {
    var world = world(["ble": .refuses])
    world.run(for: 20 * seconds)
    #expect(world.activeTransport(alice) == "htx")
    world.behaviours["htx"] = .blackHole
    world.kill("htx")
    #expect(world.activeTransport(alice) == "ws")
    let why = try #require(world.manager.why(alice, now: world.now))
    #expect(why.reason.contains("ws is chosen 0 ms after htx went down"))
    #expect(why.decisions.contains { $0.event == .down && $0.text.contains("the world said died") })
    let moves = why.decisions.filter { $0.event == .chosen }
    #expect(moves.first?.from == nil && moves.last?.from == "htx" && moves.last?.to == "ws")
    #expect(zip(moves, moves.dropFirst()).allSatisfy { $0.to == $1.from }, "each move begins where the last one ended")
    #expect(why.decisions.allSatisfy { $0.event == .chosen || $0.from == nil && $0.to == nil })
  }

  @Test("a suspect link loses its traffic at once, is probed, and waits after it has recovered")
  func suspect() throws {
    var world = world(["ble": .refuses])
    world.run(for: 20 * seconds)
    let link = try #require(world.active[alice])
    world.manager.linkSuspect(link, now: world.now)
    #expect(world.manager.takeCommands().contains(.probe(link)))
    #expect(world.manager.link(for: alice, trafficClass: 3) != link)
    world.manager.linkRecovered(link, now: world.now + seconds)
    #expect(world.manager.link(for: alice, trafficClass: 3) != link)
    world.manager.advance(now: world.now + 20 * seconds)
    #expect(world.manager.link(for: alice, trafficClass: 3) == link)
  }

  @Test("five failures in a row open the breaker, later attempts are few, and a change of network clears it")
  func breaker() throws {
    var world = world(["htx": .refuses, "ws": .refuses, "ble": .refuses])
    world.run(for: 60 * seconds)
    let dials = world.dials
    #expect(dials >= 15)
    let why = try #require(world.manager.why(alice, now: world.now))
    #expect(why.decisions.contains { $0.event == .breakerOpened })
    #expect(why.decisions.contains { $0.event == .unreachable })
    #expect(
      why.paths.allSatisfy {
        if case .breakerOpen = $0.state { return true }
        return false
      })
    world.run(for: 600 * seconds)
    #expect(world.dials > dials && world.dials - dials < 40)
    let before = world.dials
    world.manager.networkChanged(now: world.now)
    world.obey()
    #expect(world.dials == before + 1)
    world.behaviours = [:]
    world.run(for: 5 * seconds)
    #expect(world.activeTransport(alice) == "htx")
  }

  @Test("a black-holed path is not tried first within the hour, and is again after a change of network")
  func memory() throws {
    var world = world(["htx": .blackHole, "ble": .refuses])
    world.run(for: 15 * seconds)
    #expect(world.activeTransport(alice) == "ws")
    world.manager.unwanted(alice, now: world.now)
    world.run(for: 600 * seconds)
    world.manager.wants(alice, now: world.now)
    let why = try #require(world.manager.why(alice, now: world.now))
    #expect(why.paths.first?.transport != "htx")
    let htx = try #require(why.paths.first { $0.transport == "htx" })
    #expect(htx.last?.failure?.stage == .timedOut && htx.reason.contains("timed out"))
    world.run(for: 5 * seconds)
    world.manager.unwanted(alice, now: world.now)
    world.run(for: 5 * seconds)
    world.manager.networkChanged(now: world.now)
    let cleared = try #require(world.manager.why(alice, now: world.now))
    #expect(cleared.paths.first?.transport == "htx")
  }

  @Test("a better path whose links die young takes over only after it has stayed up")
  func probation() {
    var world = world(["htx": .diesYoung, "ble": .refuses])
    world.run(for: 300 * seconds)
    #expect(world.activeTransport(alice) == "ws" && world.switches <= 4)
    world.behaviours["htx"] = .works
    world.run(for: 1400 * seconds)
    #expect(world.activeTransport(alice) == "htx")
  }

  @Test("the same events with the same seed give the same commands")
  func deterministic() {
    func history() -> [WhyDecision] {
      var world = world(["htx": .diesYoung, "ws": .diesLate, "ble": .blackHole])
      world.run(for: 300 * seconds)
      return world.manager.why(alice, now: world.now)?.decisions ?? []
    }
    let first = history()
    #expect(first.count == 32 && first == history())
  }

  @Test("failures of class auth are not hammered")
  func auth() {
    var world = world(["htx": .badKey, "ws": .badKey, "ble": .badKey])
    world.run(for: 250 * seconds)
    #expect(world.dials == 3 && world.unreachable == 1)
  }

  @Test("a class that a transport is barred from gets another link, and nothing when there is none")
  func classRules() throws {
    var policy = threeTransports
    policy.classRules = Array(repeating: ClassRule(), count: 6)
    policy.classRules[4] = ClassRule(forbid: ["htx"])
    policy.classRules[5] = ClassRule(only: ["ble"])
    var world = world(["ble": .refuses], policy: policy)
    world.run(for: 20 * seconds)
    let why = try #require(world.manager.why(alice, now: world.now))
    #expect(why.classTransports == ["htx", "htx", "htx", "htx", "ws", nil])
  }

  @Test("when both sides have dialled, they keep the same link")
  func duplicates() {
    for dialsWin in [true, false] {
      var world = World(policy: threeTransports, seed: 1)
      world.manager.setPeer(alice, addresses: [threeAddresses[0]], dialsWin: dialsWin, now: 0)
      world.manager.wants(alice, now: 0)
      world.run(for: seconds)
      let own = world.active[alice]
      let incoming = LinkHandle(rawValue: 99)
      world.manager.linkUp(
        alice, link: incoming, attempt: nil, transport: "htx", capabilities: PathCapabilities(), now: world.now)
      let commands = world.manager.takeCommands()
      let closes = own.map { commands.contains(.close($0, reason: .duplicate, after: incoming)) }
      #expect(closes == !dialsWin)
      #expect(world.manager.link(for: alice, trafficClass: 3) == (dialsWin ? own : incoming))
    }
  }

  @Test("a need is looked for beside the best path, and a peer just seen is dialled at once")
  func needsAndSightings() {
    var policy = threeTransports
    policy.transports[2].capabilities = PathCapabilities(flags: PathCapabilities.anonymous)
    var world = World(policy: policy, seed: 3)
    world.manager.setPeer(alice, addresses: [threeAddresses[0]], dialsWin: true, now: 0)
    world.manager.wants(alice, needs: .anonymous, now: 0)
    world.run(for: 5 * seconds)
    #expect(world.manager.link(for: alice, trafficClass: 3, needs: .anonymous) == nil)
    let dials = world.dials
    world.manager.peerSeen(alice, transport: "ble", address: "ble://near", now: world.now)
    world.obey()
    #expect(world.dials == dials + 1)
  }

  @Test("a peer without an address is reported, and everything kept is bounded")
  func bounds() throws {
    var world = World(policy: threeTransports, seed: 3)
    world.manager.setPeer(alice, addresses: [], dialsWin: true, now: 0)
    world.manager.wants(alice, now: 0)
    world.obey()
    #expect(world.unreachable == 1 && world.manager.nextDeadline == nil)
    let many = (0..<100).map { PeerAddress(uri: "ws://h:\($0)", source: .record) }
    world.behaviours["ws"] = .refuses
    world.manager.setPeer(alice, addresses: many, dialsWin: true, now: 0)
    world.run(for: 300 * seconds)
    let why = try #require(world.manager.why(alice, now: world.now))
    #expect(why.paths.count == 32 && why.decisions.count == 32)
    #expect(why.paths.allSatisfy { $0.last?.failure?.stage == .refused })
  }
}
