// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// Two real cores, one transport between them and a clock of its own: a packet takes a millisecond.
final class CorePair {
  let identities = [Identity.generate(from: .seeded(11)), Identity.generate(from: .seeded(12))]
  private(set) var cores: [CoreEnd] = []
  private(set) var now: UInt64 = 1_000_000_000
  let options: MultiplexerOptions
  /// Dialling is refused.
  var refuses = false
  /// Packets on the way and bytes of them, by the end that they go to.
  fileprivate var flying: [(at: UInt64, link: UInt64, bytes: [UInt8])] = []
  fileprivate var rising: [UInt64] = []
  fileprivate var fallen: [(link: UInt64, failed: Bool)] = []
  private var ends: [UInt64: Int] = [:]
  private var lastLink: UInt64 = 0
  /// Nodes made so far: no two draw the same random numbers.
  fileprivate var lives = 0
  /// Bytes that were sent, by node.
  var sentBytes = [0, 0]

  init(options: MultiplexerOptions = MultiplexerOptions(), knowsAddress: Bool = true) {
    self.options = options
    for index in 0..<2 { cores.append(make(index, knowsAddress: knowsAddress)) }
  }

  var a: NodeCore { cores[0].core }
  var b: NodeCore { cores[1].core }
  func id(_ index: Int) -> NodeID { identities[index].id }

  private func make(_ index: Int, knowsAddress: Bool) -> CoreEnd {
    lives += 1
    let end = CoreEnd(index, identity: identities[index], pair: self)
    let addresses = knowsAddress ? [PeerAddress(uri: "memory://\(1 - index)", source: .configuration)] : []
    _ = try? end.core.setPeer(identities[1 - index].id, addresses: addresses, now: now)
    return end
  }

  func dial(from node: Int) throws(DialRefusal) -> UInt64 {
    lastLink += 2
    ends[lastLink] = node
    ends[lastLink ^ 1] = 1 - node
    if refuses { fallen.append((lastLink, true)) } else { rising.append(lastLink) }
    return lastLink
  }

  func close(_ link: UInt64) {
    ends[link] = nil
    if ends[link ^ 1] != nil { fallen.append((link ^ 1, false)) }
  }

  func isUp(_ link: UInt64) -> Bool { ends[link] != nil }
  func fly(_ bytes: [UInt8], to link: UInt64) { flying.append((now + 1_000_000, link, bytes)) }

  /// All links die at once, with what is on the way.
  func cutLinks() {
    flying.removeAll()
    rising.removeAll()
    for link in ends.keys.sorted() { fallen.append((link, true)) }
  }

  /// The process of a node dies and starts again with the same key and nothing else.
  func restart(_ index: Int) {
    flying.removeAll()
    rising.removeAll()
    for (link, end) in ends.sorted(by: { $0.key < $1.key }) {
      if end == index { ends[link] = nil } else { fallen.append((link, true)) }
    }
    cores[index] = make(index, knowsAddress: true)
  }

  /// One millisecond.
  func step() {
    now += 1_000_000
    let gone = fallen
    fallen.removeAll()
    for (link, failed) in gone {
      guard let node = ends.removeValue(forKey: link) else { continue }
      if refuses { ends[link ^ 1] = nil }
      let failure = PathFailure(code: -13, kind: .transient, stage: .diedLater, text: "cut")
      cores[node].core.linkDown(link, failed ? failure : nil, now: now)
    }
    let new = rising
    rising.removeAll()
    for link in new {
      let description = LinkDescription(
        transport: "memory", address: "memory://",
        characteristics: LinkCharacteristics(reliable: true, ordered: true, mtu: 8192))
      for (end, isIncoming) in [(link ^ 1, true), (link, false)] {
        guard let node = ends[end] else { continue }
        cores[node].core.linkUp(end, description, isIncoming: isIncoming, now: now)
      }
    }
    let arriving = flying.filter { $0.at <= now }
    flying.removeAll { $0.at <= now }
    for packet in arriving {
      guard let node = ends[packet.link] else { continue }
      var bytes = packet.bytes
      bytes.withUnsafeMutableBytes { cores[node].core.receive(packet.link, packet: $0, now: now) }
    }
    for end in cores {
      if end.core.nextDeadline <= now { end.core.advance(now: now) }
      end.core.endTurn(now: now)
    }
    for link in ends.keys.sorted() { cores[ends[link]!].core.linkHasCredit(link) }
  }

  /// Milliseconds go by until `done`; false when that is never so.
  @discardableResult func run(_ milliseconds: Int = 20_000, until done: () -> Bool = { false }) -> Bool {
    for _ in 0..<milliseconds {
      if done() { return true }
      step()
    }
    return done()
  }
}

/// The real core of a node whose links end in the memory of the same process.
final class CoreEnd: LinkDriver {
  let index: Int
  unowned let pair: CorePair
  let core: NodeCore
  private let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)

  init(_ index: Int, identity: Identity, pair: CorePair) {
    self.index = index
    self.pair = pair
    let entry = TransportEntry(
      name: "memory", instance: 0, priorityGroup: 1, schemes: ["memory"], dialTimeout: 6_000_000_000)
    core = NodeCore(
      identity: identity, incarnation: UInt64(pair.lives + 1), policy: TransportPolicy(transports: [entry]),
      multiplexer: pair.options,
      random: .seeded(UInt64(index + 2 * pair.lives)))
    core.driver = self
  }

  deinit { space.deallocate() }

  func dial(instance: Int, address: String, deadline: UInt64) throws(DialRefusal) -> UInt64 {
    try pair.dial(from: index)
  }
  func disconnect(_ link: UInt64, abort: Bool) { pair.close(link) }
  func hasCredit(_ link: UInt64, size: Int) -> Bool { pair.isUp(link) && pair.flying.count < 64 }
  func acquire(_ link: UInt64, size: Int) -> UnsafeMutableRawBufferPointer? { space }
  func commit(_ link: UInt64, length: Int, lane: Int, trafficClass: UInt8) {
    pair.sentBytes[index] += length
    pair.fly(Array(space[..<length]), to: link ^ 1)
  }
  func abandon() {}
  func flush() {}
}
