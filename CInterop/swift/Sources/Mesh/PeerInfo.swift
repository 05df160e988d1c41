// SPDX-License-Identifier: Apache-2.0
import CMesh

/// What is known of a peer.
public struct PeerInfo: Sendable {
  /// Its name.
  public let id: NodeID
  /// A link is confirmed.
  public let isConnected: Bool
  /// What it is called here; "" = nothing.
  public let alias: String
  /// The transport in use; "" = none.
  public let transport: String
  /// The smoothed round trip in microseconds; nil = unknown.
  public let roundTrip: UInt64?
  /// Links that carry data now.
  public let links: UInt64
  /// Of streams and messages, since the start.
  public let bytesSent: UInt64
  /// The same, received.
  public let bytesReceived: UInt64

  init(_ handle: OpaquePointer, _ peer: Peer) throws(MeshError) {
    var raw = mesh_peer_info()
    raw.size = UInt32(MemoryLayout<mesh_peer_info>.size)
    try MeshError.check(mesh_peer_info_get(handle, peer.rawValue, &raw))
    let name = raw.id
    id = try NodeID { id in
      withUnsafeBytes(of: name) { UnsafeMutableRawPointer(id).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
      return MESH_OK
    }
    isConnected = raw.connected != 0
    alias = PeerInfo.text(raw.alias)
    transport = PeerInfo.text(raw.transport)
    roundTrip = raw.rtt_us > 0 ? raw.rtt_us : nil
    links = raw.links
    bytesSent = raw.bytes_sent
    bytesReceived = raw.bytes_received
  }

  private static func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
