// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshNode
import MeshSession
import MeshTransportManager

/// The real core of a node, with links in memory and a clock of its own.
final class MemoryNode: LinkDriver {
  let core: NodeCore
  private(set) var now: UInt64 = 1_000_000_000
  private let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
  private var outbox: [[UInt8]] = []
  private var link: UInt64 = 0

  init(peers: Int) {
    let entry = TransportEntry(
      name: "memory", instance: 0, priorityGroup: 1, schemes: ["memory"], dialTimeout: 6_000_000_000)
    core = NodeCore(
      identity: Identity.generate(), policy: TransportPolicy(transports: [entry]), peerLimit: peers)
    core.acceptsUnknownPeers = true
    core.driver = self
  }

  deinit {
    core.driver = nil
    space.deallocate()
  }

  /// Dials `hub`: the link is up at once on both sides.
  func connect(to hub: MemoryNode, link: UInt64) {
    self.link = link
    do throws(NodeError) {
      try core.setPeer(
        hub.core.identity.id, addresses: [PeerAddress(uri: "memory://hub", source: .configuration)], now: now)
    } catch { Main.fail("\(error)") }
    core.want(hub.core.identity.id, now: now)
    core.endTurn(now: now)
    let characteristics = LinkCharacteristics(reliable: true, ordered: true, mtu: 65_535)
    for (node, isIncoming) in [(hub, true), (self, false)] {
      node.core.linkUp(
        link,
        LinkDescription(transport: "memory", address: "memory://", characteristics: characteristics, source: link),
        isIncoming: isIncoming, now: node.now)
    }
  }

  /// One turn of both after `wait` nanoseconds, and the packets that it brought about.
  static func exchange(_ visitor: MemoryNode, _ hub: MemoryNode, after wait: UInt64 = 10_000) {
    for (from, to) in [(visitor, hub), (hub, visitor)] {
      from.now += wait
      from.core.advance(now: from.now)
      from.core.endTurn(now: from.now)
      let packets = from.outbox
      from.outbox.removeAll(keepingCapacity: true)
      for var packet in packets {
        packet.withUnsafeMutableBytes { to.core.receive(visitor.link, packet: $0, now: to.now) }
      }
    }
  }

  // MARK: LinkDriver

  func dial(instance: Int, address: String, deadline: UInt64) throws(DialRefusal) -> UInt64 { link }
  func disconnect(_ link: UInt64, abort: Bool) {}
  func hasCredit(_ link: UInt64, size: Int) -> Bool { true }
  func acquire(_ link: UInt64, size: Int) -> UnsafeMutableRawBufferPointer? { space }
  func commit(_ link: UInt64, length: Int, lane: Int, trafficClass: UInt8) { outbox.append(Array(space[..<length])) }
  func abandon() {}
  func flush() {}
}
