// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One peer with its number in records.
public enum PeerInfoMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "peer.info"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = PeerWord
  /// What comes out.
  public typealias Result = NumberedPeer
}

/// All known peers with their numbers.
public enum PeerNumbersMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "peer.list"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = NumberedPeers
}

/// Which peer.
public struct PeerWord: ControlShape {
  /// The peer's name (`mesh1…`) or alias.
  public var peer: String

  /// A value with these fields.
  public init(peer: String) { self.peer = peer }

  /// The fields as a map.
  public var cbor: CBOR { .fields([("peer", .text(peer))]) }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) { peer = try ControlFields(cbor, "peer_word").text("peer") }
}

/// Peers.
public struct NumberedPeers: ControlShape {
  /// Each peer.
  public var peers: [NumberedPeer]

  /// A value with these fields.
  public init(peers: [NumberedPeer]) { self.peers = peers }

  /// The fields as a map.
  public var cbor: CBOR { .fields([("peers", .list(peers))]) }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    peers = try ControlFields(cbor, "numbered_peers").list("peers", NumberedPeer.self)
  }
}

/// One peer and what is known of it.
public struct NumberedPeer: ControlShape {
  /// Its number in records, as long as the daemon runs.
  public var number: UInt64
  /// Its name, 32 bytes.
  public var id: [UInt8]
  /// What it is called here.
  public var alias: String?
  /// The transport in use.
  public var transport: String?
  /// Smoothed round trip, nanoseconds.
  public var roundTrip: UInt64?
  /// Links that carry data now; 0 when it is not connected.
  public var links: UInt64
  /// Bytes of streams and messages sent to it in this session.
  public var bytesSent: UInt64
  /// Bytes of streams and messages received from it in this session.
  public var bytesReceived: UInt64

  /// A value with these fields.
  public init(
    number: UInt64, id: [UInt8], alias: String?, transport: String?, roundTrip: UInt64?, links: UInt64,
    bytesSent: UInt64, bytesReceived: UInt64
  ) {
    self.number = number
    self.id = id
    self.alias = alias
    self.transport = transport
    self.roundTrip = roundTrip
    self.links = links
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("number", .uint(number)), ("id", .bytes(id)), ("alias", alias.map { .text($0) }),
      ("transport", transport.map { .text($0) }), ("round_trip", roundTrip.map { .uint($0) }),
      ("links", .uint(links)), ("bytes_sent", .uint(bytesSent)), ("bytes_received", .uint(bytesReceived)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "numbered_peer")
    number = try fields.unsigned("number")
    id = try fields.bytes("id")
    alias = try fields.optionalText("alias")
    transport = try fields.optionalText("transport")
    roundTrip = try fields.optionalUnsigned("round_trip")
    links = try fields.unsigned("links")
    bytesSent = try fields.unsigned("bytes_sent")
    bytesReceived = try fields.unsigned("bytes_received")
  }
}
