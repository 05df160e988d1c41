// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The peers that are known.
public enum PeersListMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "peers.list"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = PeerList
}

/// Peers.
public struct PeerList: ControlShape {
  /// Each peer.
  public var peers: [PeerInfo]

  /// A value with these fields.
  public init(peers: [PeerInfo] = []) {
    self.peers = peers
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peers", .list(peers))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "peer_list")
    peers = try fields.list("peers", PeerInfo.self)
  }
}

/// One peer.
public struct PeerInfo: ControlShape {
  /// Its name.
  public var id: String
  /// What it is called here.
  public var alias: String?
  /// `connected`, `connecting`, `idle`, `unreachable` or `refused`.
  public var state: String
  /// The transport in use.
  public var transport: String?
  /// Smoothed round trip, nanoseconds.
  public var roundTrip: UInt64?
  /// Where it may be reached.
  public var addresses: [String]
  /// Bytes that wait for it.
  public var queued: UInt64
  /// Unix milliseconds.
  public var lastSeen: UInt64?
  /// `config`, `added` or `record`: how it became known.
  public var source: String

  /// A value with these fields.
  public init(
    id: String, alias: String? = nil, state: String, transport: String? = nil, roundTrip: UInt64? = nil,
    addresses: [String] = [], queued: UInt64, lastSeen: UInt64? = nil, source: String
  ) {
    self.id = id
    self.alias = alias
    self.state = state
    self.transport = transport
    self.roundTrip = roundTrip
    self.addresses = addresses
    self.queued = queued
    self.lastSeen = lastSeen
    self.source = source
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("id", .text(id)),
      ("alias", alias.map { .text($0) }),
      ("state", .text(state)),
      ("transport", transport.map { .text($0) }),
      ("round_trip", roundTrip.map { .uint($0) }),
      ("addresses", .texts(addresses)),
      ("queued", .uint(queued)),
      ("last_seen", lastSeen.map { .uint($0) }),
      ("source", .text(source)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "peer_info")
    id = try fields.text("id")
    alias = try fields.optionalText("alias")
    state = try fields.text("state")
    transport = try fields.optionalText("transport")
    roundTrip = try fields.optionalUnsigned("round_trip")
    addresses = try fields.texts("addresses")
    queued = try fields.unsigned("queued")
    lastSeen = try fields.optionalUnsigned("last_seen")
    source = try fields.text("source")
  }
}

/// Makes a peer known and lets it in.
public enum PeersAddMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "peers.add"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = PeerAddition
  /// What comes out.
  public typealias Result = PeerInfo
}

/// A peer to add.
public struct PeerAddition: ControlShape {
  /// The line that `invite` gave on the other side.
  public var invitation: String
  /// What it shall be called here.
  public var alias: String?

  /// A value with these fields.
  public init(invitation: String, alias: String? = nil) {
    self.invitation = invitation
    self.alias = alias
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("invitation", .text(invitation)),
      ("alias", alias.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "peer_addition")
    invitation = try fields.text("invitation")
    alias = try fields.optionalText("alias")
  }
}

/// Forgets a peer that was added.
public enum PeersRemoveMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "peers.remove"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = PeerReference
  /// What comes out.
  public typealias Result = Nothing
}

/// One peer.
public struct PeerReference: ControlShape {
  /// The peer's name (`mesh1…`) or alias.
  public var peer: String

  /// A value with these fields.
  public init(peer: String) {
    self.peer = peer
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", .text(peer))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "peer_reference")
    peer = try fields.text("peer")
  }
}
