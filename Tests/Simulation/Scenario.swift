// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager

/// One seed: traffic, faults, and what must hold at the end.
struct Scenario {
  let seed: UInt64
  let isVerbose: Bool

  /// Runs the seed; returns what went wrong, first first.
  func run() -> (failures: [String], statistics: World.Statistics) {
    let world = World(seed: seed, isVerbose: isVerbose)
    defer { world.dissolve() }
    let second: UInt64 = 1_000_000_000
    var messages: [MessageFlow] = []
    var bytes: [ByteFlow] = []
    let mayRestart = world.random.chance(25)
    for number in 0..<(world.random.number(1...4) as Int) {
      let classes: [TrafficClass] = [.realtime, .interactive, .normal, .bulk, .background]
      messages.append(
        MessageFlow(
          world: world, from: world.random.number(0...1) as Int, number: UInt64(number),
          total: world.random.number(UInt64(5)...120),
          lifetime: world.random.chance(25) ? world.random.number(UInt64(1)...20) * 100_000_000 : nil,
          trafficClass: classes[world.random.number(0...4)], largest: world.random.chance(10) ? 250_000 : 20_000,
          isOrdered: world.random.chance(70)))
    }
    var requests: [RequestFlow] = []
    for number in 0..<(world.random.number(0...2) as Int) {
      let classes: [TrafficClass] = [.interactive, .normal, .bulk]
      requests.append(
        RequestFlow(
          world: world, from: world.random.number(0...1) as Int, number: UInt64(200 + number),
          total: world.random.number(1...40), trafficClass: classes[world.random.number(0...2)]))
    }
    var datagrams: [DatagramFlow] = []
    if world.random.chance(30) {
      datagrams.append(DatagramFlow(world: world, from: world.random.number(0...1) as Int, number: 300))
    }
    for number in 0..<(world.random.number(0...2) as Int) {
      bytes.append(
        ByteFlow(
          world: world, from: world.random.number(0...1) as Int, number: UInt64(100 + number),
          total: world.random.number(UInt64(1)...200_000), trafficClass: world.random.chance(50) ? .bulk : .normal))
    }
    let carried = world.carriers.isEmpty ? [] : carriedFlows(world)
    for flow in messages { world.at(world.random.number(0...second)) { flow.pump() } }
    for flow in bytes { world.at(world.random.number(0...second)) { flow.start() } }
    for flow in requests { flow.start() }
    for flow in datagrams { world.at(0) { flow.send(100) } }
    // Somebody must dial; the node that knows addresses wants the other.
    for (index, node) in world.nodes.enumerated() { node.core.want(world.identities[1 - index].id, now: world.now) }

    scheduleFaults(
      world,
      mayRestart
        ? Flows(messages: messages, bytes: bytes, requests: requests, datagrams: datagrams, carried: carried) : nil)
    var bufferedMost = 0
    func watch() {
      for node in world.nodes {
        bufferedMost = max(bufferedMost, node.core.peers.values.reduce(0) { $0 + ($1.multiplexer?.bufferedBytes ?? 0) })
      }
      world.at(100_000_000) { watch() }
    }
    watch()
    world.settle()
    let isDone = {
      carried.allSatisfy(\.isDone) && messages.allSatisfy(\.isDone) && bytes.allSatisfy(\.isDone)
        && requests.allSatisfy(\.isDone)
    }
    // Faults end after ten seconds; everything must be through well before an hour of virtual time has gone.
    world.run(until: world.now + 3600 * second, done: isDone)
    if world.failures.isEmpty {
      for flow in messages { flow.check() }
      for flow in bytes { flow.check() }
      for flow in carried { flow.check() }
      // What was answered to nobody ends with its deadline.
      world.run(until: world.now + 30 * second)
      for flow in requests { flow.check() }
      let flows = messages.count + 2 * bytes.count
      let bound =
        2 * (flows + 2)
        * (2 * max(world.multiplexerOptions.sendBuffer, 500_000) + 2
          * Int(world.multiplexerOptions.parameters.streamWindow) + 2
          * 300_000 + 65_536)
        + requests.reduce(0) { $0 + $1.asks.count } * 4 * 65_536
      if bufferedMost > bound { world.fail("\(bufferedMost) bytes were buffered, more than \(bound)") }
    }
    world.statistics.carried = carried.reduce(0) { $0 + $1.carried }
    for node in world.nodes {
      for peer in node.core.peers.values {
        world.statistics.requeued += peer.session?.requeuedFrames ?? 0
        for link in peer.links { world.statistics.rekeys += link.rekeys }
      }
    }
    for node in world.nodes where isVerbose {
      for peer in node.core.peers.values {
        for link in peer.links {
          print("node \(node.index) link \(link.id) \(link.state) in flight \(link.bytesInFlight) \(link.counters)")
        }
        print("node \(node.index) \(peer.multiplexer.map(String.init(describing:)) ?? "without a session")")
      }
    }
    return (world.failures, world.statistics)
  }

  /// Messages that carriers may take, and times without any path.
  private func carriedFlows(_ world: World) -> [CarriedFlow] {
    let second: UInt64 = 1_000_000_000
    let flows = (0..<2).map {
      CarriedFlow(world: world, from: Int(seed / 4) % 2, number: UInt64(400 + $0), total: world.random.number(5...60))
    }
    for flow in flows { world.at(world.random.number(0...second)) { flow.pump() } }
    for _ in 0..<(world.random.number(1...3) as Int) {
      let start = world.random.number(200_000_000...15 * second)
      let length = world.random.number(second...20 * second)
      world.at(start) { [unowned world] in
        for index in world.transports.indices { world.transports[index].refuses = true }
        for link in world.liveLinks { world.kill(link) }
      }
      world.at(start + length) { [unowned world] in
        for index in world.transports.indices { world.transports[index].refuses = false }
      }
    }
    return flows
  }

  /// What a restart concerns.
  private struct Flows {
    var messages: [MessageFlow]
    var bytes: [ByteFlow]
    var requests: [RequestFlow]
    var datagrams: [DatagramFlow]
    var carried: [CarriedFlow]
  }

  /// - Parameter flows: given when a node may be restarted.
  private func scheduleFaults(_ world: World, _ flows: Flows?) {
    let second: UInt64 = 1_000_000_000
    func soon() -> UInt64 { world.random.number(200_000_000...10 * second) }
    for _ in 0..<(world.random.number(0...5) as Int) {
      world.at(soon()) { [unowned world] in
        let live = world.liveLinks
        if let link = live.isEmpty ? nil : live[world.random.number(0...live.count - 1)] { world.kill(link) }
      }
    }
    for index in world.transports.indices {
      if world.random.chance(25) {
        // A black hole or a partition of this transport, for a while.
        let start = soon()
        let length = world.random.number(100_000_000...8 * second)
        world.at(start) { [unowned world] in
          world.trace(9, "black hole on \(world.transports[index].name)")
          world.transports[index].blackHole = true
        }
        world.at(start + length) { [unowned world] in world.transports[index].blackHole = false }
      }
      if world.random.chance(20) {
        let start = soon()
        world.at(start) { [unowned world] in world.transports[index].refuses = true }
        world.at(start + world.random.number(100_000_000...5 * second)) { [unowned world] in
          world.transports[index].refuses = false
        }
      }
      if world.random.chance(20), !world.transports[index].streamLike {
        world.at(soon()) { [unowned world] in
          world.transports[index].mtu = world.random.number(300...1500)
          for link in world.liveLinks where link.transport == index {
            link.mtu = world.transports[index].mtu
            for end in link.ends {
              world.nodes[end.node].core.linkChanged(
                end.id, characteristics: world.transports[index].characteristics(mtu: link.mtu), capabilities: .init(),
                now: world.now)
            }
          }
        }
      }
    }
    if let flows {
      // Not drawn from the same numbers: seeds stay what they were.
      if let sender = flows.carried.first?.from, seed / 8 % 3 == 0, flows.messages.allSatisfy({ $0.from != sender }) {
        for flow in flows.carried { flow.holdsLong = true }
        world.at(second * (3 + seed / 24 % 25)) { [unowned world] in
          world.trace(9, "the sender of carried messages dies")
          _ = world.restart(sender)
          for flow in flows.carried { flow.noteSenderRestart() }
          for flow in flows.requests where flow.from == sender { flow.noteCallerRestart() }
          for flow in flows.requests where flow.from != sender { flow.serve() }
          for flow in flows.datagrams where flow.from != sender { flow.serve() }
          for flow in flows.bytes {
            if flow.from == sender { flow.noteSenderRestart() } else { flow.serve() }
          }
          for flow in flows.messages where flow.from != sender {
            flow.receiverRestarts += 1
            flow.serve()
          }
          world.nodes[sender].core.want(world.identities[1 - sender].id, now: world.now)
        }
      }
      world.at(soon()) { [unowned world] in
        // The node that only receives is restarted: a sender that dies has lost what it had accepted by definition.
        let senders = Set(flows.messages.map(\.from) + flows.carried.map(\.from))
        guard let victim = [0, 1].first(where: { !senders.contains($0) }) else { return }
        let node = world.restart(victim)
        for flow in flows.messages where flow.from != victim {
          flow.receiverRestarts += 1
          flow.serve()
        }
        for flow in flows.requests {
          if flow.from == victim { flow.noteCallerRestart() } else { flow.serve() }
        }
        for flow in flows.datagrams where flow.from != victim { flow.serve() }
        for flow in flows.carried where flow.from != victim { flow.serve() }
        for flow in flows.bytes {
          if flow.from == victim { flow.noteSenderRestart() } else { flow.serve() }
        }
        node.core.want(world.identities[1 - victim].id, now: world.now)
      }
    }
  }
}
