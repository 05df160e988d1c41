// SPDX-License-Identifier: Apache-2.0
import CLinux
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshSession
import MeshWire

/// `/mesh/record/1`: peers tell each other, signed, where they can be reached.
final class RecordServer: ProtocolServer {
  static let name = "/mesh/record/1"
  private unowned let node: Node

  init(node: Node) { self.node = node }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard preamble.kind == .messages else { return .refuse(code: StreamCode.failed) }
    return .accept(RecordReader(node: node, peer: stream.peer.id))
  }
}

/// Records of one peer. Only what a peer says of itself is taken.
final class RecordReader: StreamHandler {
  private unowned let node: Node
  private let peer: NodeID

  init(node: Node, peer: NodeID) {
    self.node = node
    self.peer = peer
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() {
      // What would not be kept, or is kept already, is not worth the check of a signature.
      guard node.core.peers[peer]?.isKnown == true, !node.store.holds(message.body, of: peer) else { continue }
      guard message.body.count <= PeerRecord.sizeLimit, let record = try? PeerRecord.verify(message.body),
        record.id == peer
      else {
        node.log.warning("record_refused", [.peer(peer.short)])
        continue
      }
      node.learned(record, Array(message.body))
    }
  }
}

extension Node {
  /// How long a record holds, milliseconds.
  private static let recordLife: UInt64 = 7 * 24 * 3600 * 1000
  /// How long the same one is handed out, milliseconds.
  private static let recordReuse: UInt64 = 3600 * 1000

  /// Keeps a peer's newest record and dials the addresses in it from now on.
  func learned(_ record: PeerRecord, _ bytes: [UInt8]) {
    guard let peer = core.peers[record.id], peer.isKnown, record.isCurrent(at: UInt64(clinux_wall_clock_ms())),
      store.keep(record, bytes)
    else { return }
    recordsUnsaved = true
    let addresses = self.addresses(of: record.id)
    guard addresses != peer.addresses else { return }
    log.debug("record_learned", [.peer(peer.label), .number("addresses", record.addresses.count)])
    _ = try? core.setPeer(record.id, name: peer.name, addresses: addresses, now: loop.now)
    wantTurn()
  }

  /// This node's own record as it is now, signed.
  func ownRecord() -> [UInt8]? {
    let addresses = Array(advertisedAddresses.prefix(PeerRecord.addressLimit))
    let now = UInt64(clinux_wall_clock_ms())
    // Many peers that come one after the other get the same record, signed once.
    if let last = lastRecord, last.addresses == addresses, now >= last.issued, now < last.issued + Self.recordReuse {
      return last.signed
    }
    recordSequence = PeerRecord.nextSequence(after: recordSequence, now: now)
    let record = PeerRecord(
      id: identity.id, sequence: recordSequence, addresses: addresses, issued: now, expires: now + Self.recordLife,
      capabilities: [])
    guard let signed = try? record.sign(with: identity) else { return nil }
    lastRecord = (addresses, now, signed)
    return signed
  }

  func sendRecord(to peer: Peer) {
    guard let bytes = ownRecord() else { return }
    bytes.withUnsafeBytes {
      _ = try? core.send(
        $0, to: peer.id, protocol: RecordServer.name, trafficClass: .background,
        options: MessageOptions(lifetime: 60_000_000_000), now: loop.now)
    }
    wantTurn()
  }

  /// The addresses have changed: connected peers are told.
  func recordChanged() {
    for peer in core.peers.values where !peer.links.isEmpty { sendRecord(to: peer) }
  }

  func serveBuiltIns() throws(NodeStartError) {
    do throws(NodeError) {
      let ping = PingServer(node: self)
      let record = RecordServer(node: self)
      try core.serve(PingServer.name, with: ping)
      try core.serve(RecordServer.name, with: record)
    } catch { throw NodeStartError("the protocols of the node are served already") }
  }
}
