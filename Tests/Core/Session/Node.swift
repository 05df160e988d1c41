// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

@testable import MeshSession

/// One endpoint with its delegate: what it was told, and the packets it wants to send.
final class Node: SessionEndpointDelegate {
  let endpoint: SessionEndpoint
  let identity: Identity
  private(set) var layers: [NodeID: RecordingFrames] = [:]
  private(set) var confirmed: [UInt64] = []
  private(set) var failures: [(link: UInt64, error: SessionError)] = []
  private(set) var suspected: [UInt64] = []
  private(set) var recovered: [UInt64] = []
  private(set) var restarted = 0
  private(set) var ended = 0
  var answer = Admission.admitted

  init(seed: UInt64, identity: Identity? = nil, incarnation: UInt64 = 1, options: SessionOptions = SessionOptions()) {
    self.identity = identity ?? Identity.generate(from: .seeded(seed))
    endpoint = SessionEndpoint(
      identity: self.identity, incarnation: incarnation, options: options, random: .seeded(seed &+ 1_000_000))
    endpoint.delegate = self
  }

  var id: NodeID { identity.id }

  /// The layer above the session with `peer`.
  func frames(_ peer: Node) -> RecordingFrames { layers[peer.id] ?? RecordingFrames() }

  func session(_ peer: Node) -> Session? { endpoint.sessions[peer.id] }

  /// Queues frames for `peer` and says so.
  func send(_ count: Int, to peer: Node) {
    frames(peer).send(count)
    session(peer)?.wantsToSend()
  }

  /// Everything that wants to leave now.
  func takePackets(now: UInt64) -> [(link: UInt64, lane: Int, bytes: [UInt8])] {
    var packets: [(link: UInt64, lane: Int, bytes: [UInt8])] = []
    var dirty: [SecureLink] = []
    endpoint.takeDirtyLinks(into: &dirty)
    for link in dirty {
      while true {
        var space = [UInt8](repeating: 0, count: max(link.characteristics.mtu, 1500))
        let packet = space.withUnsafeMutableBytes { endpoint.nextPacket(on: link, into: $0, now: now) }
        if packet.length == 0 { break }
        packets.append((link.id, packet.lane, Array(space[..<packet.length])))
      }
    }
    return packets
  }

  func receive(_ bytes: [UInt8], on link: UInt64, now: UInt64) {
    var packet = bytes
    packet.withUnsafeMutableBytes { endpoint.receive(link, packet: $0, now: now) }
  }

  func admission(of _: NodeID) -> Admission { answer }

  func makeFrameLayer(for peer: NodeID) -> any FrameLayer {
    let layer = RecordingFrames()
    layers[peer] = layer
    return layer
  }

  func linkConfirmed(_ link: SecureLink, session _: Session, now _: UInt64) { confirmed.append(link.id) }
  func linkFailed(_ link: SecureLink, error: SessionError, now _: UInt64) { failures.append((link.id, error)) }
  func linkSuspect(_ link: SecureLink, now _: UInt64) { suspected.append(link.id) }
  func linkRecovered(_ link: SecureLink, now _: UInt64) { recovered.append(link.id) }
  func sessionRestarted(_: Session, now _: UInt64) { restarted += 1 }
  func sessionEnded(_: Session, now _: UInt64) { ended += 1 }
}
