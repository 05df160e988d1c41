// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

@testable import MeshSession

/// Two nodes and the links between them, moved by hand on a virtual clock. `a` dials.
final class Pair {
  static let ordered = LinkCharacteristics(reliable: true, ordered: true, mtu: 1400)
  static let datagram = LinkCharacteristics(reliable: false, ordered: false, mtu: 1400)
  static let millisecond: UInt64 = 1_000_000
  static let second: UInt64 = 1_000_000_000

  let a: Node
  let b: Node
  /// Nanoseconds.
  var now: UInt64 = 10 * second
  /// One way.
  var delay = 10 * millisecond
  /// Called for each packet before it is carried; nil drops it.
  var filter: (_ fromA: Bool, _ link: UInt64, _ bytes: [UInt8]) -> [UInt8]? = { $2 }
  private(set) var carried = 0
  private var flying: [(at: UInt64, toA: Bool, link: UInt64, bytes: [UInt8])] = []

  init(options: SessionOptions = SessionOptions(), answering: SessionOptions? = nil) {
    a = Node(seed: 1, options: options)
    b = Node(seed: 2, options: answering ?? options)
  }

  /// Brings a link up on both sides.
  func connect(
    _ link: UInt64 = 1, _ kind: LinkCharacteristics = Pair.ordered, to peer: NodeID? = nil, binding: [UInt8] = [],
    answeringBinding: [UInt8]? = nil, source: UInt64 = 0
  ) {
    a.endpoint.linkUp(link, dialled: peer ?? b.id, characteristics: kind, binding: binding, now: now)
    b.endpoint.linkUp(
      link, dialled: nil, characteristics: kind, binding: answeringBinding ?? binding, source: source, now: now)
  }

  func cut(_ link: UInt64) {
    flying.removeAll { $0.link == link }
    a.endpoint.linkDown(link, now: now)
    b.endpoint.linkDown(link, now: now)
  }

  /// Carries what wants to leave, delivers what has arrived, fires timers, until `time` from now has passed.
  func run(_ time: UInt64) {
    let end = now + time
    while true {
      collect()
      let next = min(flying.first?.at ?? .max, a.endpoint.nextDeadline, b.endpoint.nextDeadline)
      if next > end { break }
      now = max(now, next)
      while let packet = flying.first, packet.at <= now {
        flying.removeFirst()
        (packet.toA ? a : b).receive(packet.bytes, on: packet.link, now: now)
      }
      a.endpoint.advance(now: now)
      b.endpoint.advance(now: now)
    }
    now = end
  }

  private func collect() {
    for (node, isA) in [(a, true), (b, false)] {
      for packet in node.takePackets(now: now) {
        guard let bytes = filter(isA, packet.link, packet.bytes) else { continue }
        carried += 1
        let at = now + delay
        let place = flying.firstIndex { $0.at > at } ?? flying.endIndex
        flying.insert((at, !isA, packet.link, bytes), at: place)
      }
    }
  }
}
