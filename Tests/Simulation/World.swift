// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// Two nodes, the transports between them, a virtual clock, and everything that goes wrong.
final class World {
  let seed: UInt64
  let isVerbose: Bool
  /// Set by `--packets`: tell of every packet as well.
  nonisolated(unsafe) static var tracesAllPackets = false
  var tracesPackets: Bool { Self.tracesAllPackets && isVerbose }
  var random: SplitMix
  private(set) var now: UInt64 = 1_000_000_000
  var events = EventQueue()
  var transports: [SimulatedTransport] = []
  var sessionOptions = SessionOptions()
  var multiplexerOptions = MultiplexerOptions()
  var keepsStandby = true
  let identities: [Identity]
  var nodes: [SimulatedNode] = []
  /// One for each node, or none.
  private(set) var carriers: [SimulatedCarrier] = []
  /// What each node's state folder holds, and how far its clock is off, milliseconds.
  private var incarnations: [UInt64] = [0, 0]
  private var clocks: [UInt64] = [1 << 40, 1 << 40]
  private var links: [UInt64: (link: SimulatedLink, end: Int)] = [:]
  private var lastLink: UInt64 = 0
  private(set) var failures: [String] = []
  var statistics = Statistics()

  /// What a run did, so that one can see that it was not an empty one.
  struct Statistics {
    var packets: UInt64 = 0
    var lost: UInt64 = 0
    var duplicated: UInt64 = 0
    var linksConfirmed: UInt64 = 0
    var linkDeaths: UInt64 = 0
    var restarts: UInt64 = 0
    var rekeys: UInt64 = 0
    var messages: UInt64 = 0
    var expired: UInt64 = 0
    var requeued: UInt64 = 0
    var dropped: UInt64 = 0
    var requests: UInt64 = 0
    var answered: UInt64 = 0
    var executions: UInt64 = 0
    var repetitions: UInt64 = 0
    var cancelled: UInt64 = 0
    var datagrams: UInt64 = 0
    var carried: UInt64 = 0
  }

  init(seed: UInt64, isVerbose: Bool) {
    self.seed = seed
    self.isVerbose = isVerbose
    random = SplitMix(seed: seed)
    identities = (0..<2).map { Identity.generate(from: .seeded(seed &* 7 &+ UInt64($0))) }
    let count = random.number(1...3)
    for index in 0..<count { transports.append(.random(index, &random)) }
    keepsStandby = random.chance(60)
    if random.chance(40) {
      // Keys change while traffic flows.
      sessionOptions.rekeyPackets = random.number(8...200)
    }
    sessionOptions.idleTimeout = 3600 * 1_000_000_000
    if random.chance(30) { sessionOptions.rehandshakeAfter = random.number(1_000_000_000...5_000_000_000) }
    if random.chance(50) {
      multiplexerOptions.parameters.streamWindow = random.number(20_000...200_000)
      multiplexerOptions.parameters.sessionWindow = multiplexerOptions.parameters.streamWindow * random.number(1...3)
      multiplexerOptions.parameters.streams = random.number(16...48)
    }
    multiplexerOptions.parameters.messageLimit = 300_000
    multiplexerOptions.sendBuffer = random.number(30_000...500_000)
    if random.chance(50) {
      multiplexerOptions.queues = TrafficClass.allCases.map { _ in
        QueueRule(
          limit: random.number(30_000...500_000),
          drop: QueueRule.Drop.allCases[random.number(0...QueueRule.Drop.allCases.count - 1)])
      }
    }
    for index in 0..<2 { nodes.append(makeNode(index, life: 0)) }
    // Whether there are carriers is not drawn from the same numbers: seeds stay what they were.
    guard seed % 4 == 0 else { return }
    carriers = [SimulatedCarrier(0, world: self), SimulatedCarrier(1, world: self)]
    for index in 0..<2 { carriers[index].begin(nodes[index]) }
  }

  func makeNode(_ index: Int, life: Int) -> SimulatedNode {
    // As the real node does; the virtual clock of a life is never that of another one.
    incarnations[index] = max(incarnations[index] + 1, clocks[index] + now / 1_000_000)
    let node = SimulatedNode(
      index: index, life: life, incarnation: incarnations[index], identity: identities[index], world: self)
    let other = 1 - index
    // One side may know no address and only be dialled.
    let addresses =
      index == 0 || seed % 3 != 0
      ? transports.map { PeerAddress(uri: "\($0.name)://\(other)", source: .configuration) } : []
    _ = try? node.core.setPeer(identities[other].id, addresses: addresses, now: now)
    return node
  }

  /// Whether messages of the class may be given up for newer ones.
  func dropsOldest(_ trafficClass: TrafficClass) -> Bool {
    let rules = multiplexerOptions.queues
    return !rules.isEmpty && rules[Int(trafficClass.rawValue)].drop == .oldest
  }

  // MARK: time

  func at(_ delay: UInt64, _ action: @escaping () -> Void) { events.schedule(at: now + delay, action) }

  /// Runs until `limit`, or until `done` says so.
  func run(until limit: UInt64, done: () -> Bool = { false }) {
    var steps = 0
    while failures.isEmpty, !done() {
      for node in nodes where !node.isDead { arm(node) }
      guard let time = events.nextTime, time <= limit, let event = events.pop() else { break }
      now = max(now, event.at)
      event.action()
      settle()
      steps += 1
      if steps > 3_000_000 { fail("the world does not come to rest") }
    }
    now = max(now, min(limit, now))
  }

  func settle() { for node in nodes where !node.isDead { node.core.endTurn(now: now) } }

  private func arm(_ node: SimulatedNode) {
    let deadline = node.core.nextDeadline
    guard deadline != .max, deadline < node.armedAt else { return }
    node.armedAt = deadline
    events.schedule(at: max(deadline, now)) { [unowned self, weak node] in
      guard let node, !node.isDead, node.armedAt == deadline else { return }
      node.armedAt = .max
      node.core.advance(now: self.now)
    }
  }

  // MARK: links

  func dial(from node: Int, transport: Int, address: String) throws(DialRefusal) -> UInt64 {
    let behaviour = transports[transport]
    lastLink += 2
    let here = lastLink
    let there = lastLink + 1
    let link = SimulatedLink(
      transport: transport, from: .init(node: node, id: here), to: .init(node: 1 - node, id: there),
      mtu: behaviour.mtu)
    links[here] = (link, 0)
    links[there] = (link, 1)
    let life = (nodes[0].life, nodes[1].life)
    at(behaviour.delay * 2) { [unowned self] in
      guard life == (nodes[0].life, nodes[1].life), !link.ends[0].isGone else { return }
      let current = transports[transport]
      if current.refuses || nodes[1 - node].isDead {
        return end(here, PathFailure(code: -9, kind: .peer, stage: .refused, text: "refused"), failed: true)
      }
      // Nobody answers: the dialler's own deadline ends it.
      if current.blackHole { return }
      let description = LinkDescription(
        transport: current.name, address: address, characteristics: current.characteristics(mtu: link.mtu),
        source: UInt64(node))
      link.ends[1].isUp = true
      nodes[1 - node].core.linkUp(there, description, isIncoming: true, now: now)
      link.ends[0].isUp = true
      nodes[node].core.linkUp(here, description, isIncoming: false, now: now)
    }
    return here
  }

  func hasCredit(_ id: UInt64, of node: Int) -> Bool {
    guard let (link, end) = links[id], link.ends[end].isUp else { return false }
    return link.ends[end].queued < transports[link.transport].credit
  }

  func transmit(_ packet: [UInt8], on id: UInt64, lane: Int, from node: Int) {
    guard let (link, end) = links[id], link.ends[end].isUp else { return }
    let behaviour = transports[link.transport]
    statistics.packets += 1
    if tracesPackets { trace(node, "sends \(packet.count) bytes on link \(id), lane \(lane)") }
    if packet.count > link.mtu, behaviour.streamLike {
      return fail("a packet of \(packet.count) bytes on a link of \(link.mtu)")
    }
    link.ends[end].queued += packet.count
    let start = max(now, link.ends[end].busyUntil)
    let left = start + UInt64(packet.count) * 1_000_000_000 / behaviour.rate
    link.ends[end].busyUntil = left
    at(left - now) { [unowned self] in
      link.ends[end].queued -= packet.count
      if link.ends[end].isUp { nodes[link.ends[end].node].core.linkHasCredit(id) }
    }
    var copies = 1
    if packet.count > link.mtu { copies = 0 }
    if link.isCut || behaviour.blackHole { copies = 0 }
    if !behaviour.streamLike {
      if random.chance(behaviour.loss) { copies = 0 }
      if copies == 1, random.chance(behaviour.duplication) {
        copies = 2
        statistics.duplicated += 1
      }
    }
    if copies == 0 {
      statistics.lost += 1
      if behaviour.streamLike { link.isCut = true }
    }
    for _ in 0..<copies {
      var arrival = left + behaviour.delay + (behaviour.jitter > 0 ? random.number(0...behaviour.jitter) : 0)
      if behaviour.streamLike {
        arrival = max(arrival, link.ends[end].lastArrival[lane])
        link.ends[end].lastArrival[lane] = arrival
      } else if random.chance(behaviour.reordering) {
        arrival += random.number(0...3 * behaviour.delay)
      }
      at(arrival - now) { [unowned self] in deliver(packet, link, to: 1 - end) }
    }
  }

  private func deliver(_ packet: [UInt8], _ link: SimulatedLink, to end: Int) {
    guard link.ends[end].isUp, !link.isCut else { return }
    // A stream that lost bytes in a black hole cannot go on behind it: nothing arrives until it is torn down.
    if transports[link.transport].blackHole {
      if transports[link.transport].streamLike { link.isCut = true }
      return
    }
    var packet = packet
    let node = nodes[link.ends[end].node]
    packet.withUnsafeMutableBytes { node.core.receive(link.ends[end].id, packet: $0, now: now) }
  }

  /// A node closes its end; what is on the way still arrives, then the other end learns of it.
  func close(_ id: UInt64, by node: Int) {
    guard let (link, end) = links[id], !link.ends[end].isGone else { return }
    let arrival = max(link.ends[end].busyUntil, now) + transports[link.transport].delay * 2
    link.ends[end].isUp = false
    link.ends[end].isGone = true
    links[id] = nil
    let other = link.ends[1 - end].id
    events.schedule(at: arrival) { [unowned self] in
      guard !transports[link.transport].blackHole else { return }
      self.end(other, nil, failed: !link.ends[1 - end].isUp)
    }
  }

  /// One end of a link is told that it is gone.
  func end(_ id: UInt64, _ failure: PathFailure?, failed: Bool) {
    guard let (link, end) = links.removeValue(forKey: id), !link.ends[end].isGone else { return }
    link.ends[end].isUp = false
    link.ends[end].isGone = true
    let node = nodes[link.ends[end].node]
    guard !node.isDead else { return }
    if failed {
      node.core.linkFailed(
        id, failure ?? PathFailure(code: -9, kind: .peer, stage: .refused, text: "closed"), now: now)
    } else {
      node.core.linkDown(id, failure, now: now)
    }
  }

  /// The links that are up at both ends.
  var liveLinks: [SimulatedLink] {
    links.sorted { $0.key < $1.key }.filter {
      $0.value.end == 0 && $0.value.link.ends[0].isUp && $0.value.link.ends[1].isUp
    }
    .map(\.value.link)
  }

  /// A link dies without warning: both ends, or only one of them, hear of it.
  func kill(_ link: SimulatedLink) {
    statistics.linkDeaths += 1
    link.isCut = true
    let failure = PathFailure(code: -13, kind: .transient, stage: .diedLater, text: "reset")
    let both = random.chance(70)
    end(link.ends[0].id, failure, failed: false)
    if both { end(link.ends[1].id, failure, failed: false) }
  }

  /// The process of a node dies and starts again at once with the same key. Its clock may have jumped, and the number of
  /// its life may be lost.
  func restart(_ index: Int) -> SimulatedNode {
    statistics.restarts += 1
    if random.chance(40) { clocks[index] = (1 << 40) + random.number(UInt64(0)...7_200_000) - 3_600_000 }
    if random.chance(40) { incarnations[index] = 0 }
    let old = nodes[index]
    old.isDead = true
    for (id, entry) in links.sorted(by: { $0.key < $1.key }) where entry.link.ends[entry.end].node == index {
      entry.link.ends[entry.end].isUp = false
      entry.link.ends[entry.end].isGone = true
      links[id] = nil
      let other = entry.link.ends[1 - entry.end].id
      if random.chance(70) {
        at(transports[entry.link.transport].delay) { [unowned self] in
          end(other, PathFailure(code: -13, kind: .peer, stage: .diedLater, text: "peer died"), failed: false)
        }
      }
    }
    old.core.carriage.driver = nil
    nodes[index] = makeNode(index, life: old.life + 1)
    if !carriers.isEmpty { carriers[index].begin(nodes[index]) }
    return nodes[index]
  }

  /// Lets go of everything: events, nodes and what they serve hold the world and each other.
  func dissolve() {
    events = EventQueue()
    links = [:]
    for node in nodes { node.core.carriage.driver = nil }
    nodes = []
    carriers = []
  }

  // MARK: reports

  func fail(_ text: String) { failures.append("at \(now / 1_000_000) ms: \(text)") }

  func trace(_ node: Int, _ text: @autoclosure () -> String) {
    if isVerbose { print("\(now / 1_000_000) ms  node \(node): \(text())") }
  }
}
