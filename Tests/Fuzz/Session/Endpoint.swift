// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session
import MeshCrypto
import MeshSession
import MeshWire

private final class Frames: FrameLayer {
  var pendingClasses: ClassSet { ClassSet() }
  func nextClass(among _: ClassSet) -> TrafficClass? { nil }
  func fill(
    _: UnsafeMutableRawBufferPointer, of _: TrafficClass, records _: inout FrameRecordList, now _: UInt64
  ) -> Int { 0 }
  func receive(_ frame: UnsafeRawBufferPointer, now _: UInt64) throws(SessionError) -> Int { frame.count }
  func acknowledged(_: FrameRecord, now _: UInt64) {}
  func lost(_: FrameRecord, now _: UInt64) {}
  func restart(parameters _: PeerParameters, now _: UInt64) {}
  var isIdle: Bool { true }
  var nextDeadline: UInt64 { .max }
  func advance(now _: UInt64) {}
}

private final class Delegate: SessionEndpointDelegate {
  var confirmed = 0
  func admission(of _: NodeID) -> Admission { .admitted }
  func makeFrameLayer(for _: NodeID) -> any FrameLayer { Frames() }
  func linkConfirmed(_: SecureLink, session _: Session, now _: UInt64) { confirmed += 1 }
  func linkFailed(_: SecureLink, error _: SessionError, now _: UInt64) {}
  func linkSuspect(_: SecureLink, now _: UInt64) {}
  func linkRecovered(_: SecureLink, now _: UInt64) {}
  func sessionRestarted(_: Session, now _: UInt64) {}
  func sessionEnded(_: Session, now _: UInt64) {}
}

private let identities = (Identity.generate(from: .seeded(1)), Identity.generate(from: .seeded(2)))

/// Two endpoints in the middle of a handshake or behind it; the input is put in as a packet, or changes one. The first
/// byte says which packet is meant, how, and on what kind of link. Nothing traps.
@c(LLVMFuzzerTestOneInput)
public func fuzzEndpoint(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1 else { return 0 }
  let input = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
  let (step, replaces, ordered) = (Int(data[0] & 7), data[0] & 0x80 != 0, data[0] & 0x40 != 0)
  let kind = LinkCharacteristics(reliable: ordered, ordered: ordered, mtu: 1400)
  let delegates = [Delegate(), Delegate()]
  let nodes = [
    SessionEndpoint(identity: identities.0, incarnation: 1, random: .seeded(3)),
    SessionEndpoint(identity: identities.1, incarnation: 1, random: .seeded(4)),
  ]
  for (node, delegate) in zip(nodes, delegates) { node.delegate = delegate }
  defer { withExtendedLifetime(delegates) { for node in nodes { node.delegate = nil } } }
  nodes[0].linkUp(1, dialled: identities.1.id, characteristics: kind, binding: [], now: 1)
  nodes[1].linkUp(1, dialled: nil, characteristics: kind, binding: [], now: 1)
  var number = 0
  var now: UInt64 = 1
  for round in 0..<8 {
    let (sender, receiver) = (nodes[round & 1], nodes[1 - (round & 1)])
    var dirty: [SecureLink] = []
    sender.takeDirtyLinks(into: &dirty)
    for link in dirty {
      var space = [UInt8](repeating: 0, count: 1500)
      while true {
        let packet = space.withUnsafeMutableBytes { sender.nextPacket(on: link, into: $0, now: now) }
        if packet.length == 0 { break }
        var bytes = Array(space[..<packet.length])
        if number == step {
          if replaces { bytes = input } else { for (place, byte) in zip(bytes.indices, input) { bytes[place] ^= byte } }
        }
        number += 1
        bytes.withUnsafeMutableBytes { receiver.receive(1, packet: $0, now: now) }
      }
    }
    now += 400_000_000
    for node in nodes { node.advance(now: now) }
  }
  return 0
}
