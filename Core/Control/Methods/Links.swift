// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Kills a link without any warning to the session, as a pulled cable would.
public enum LinksAbortMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "links.abort"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = LinkChoice
  /// What comes out.
  public typealias Result = AbortedLink
}

/// Which link; with neither field, the one that carries most traffic.
public struct LinkChoice: ControlShape {
  /// Its peer.
  public var peer: String?
  /// Its transport.
  public var transport: String?

  /// A value with these fields.
  public init(peer: String? = nil, transport: String? = nil) {
    self.peer = peer
    self.transport = transport
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", peer.map { .text($0) }),
      ("transport", transport.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "link_choice")
    peer = try fields.optionalText("peer")
    transport = try fields.optionalText("transport")
  }
}

/// The link that was killed.
public struct AbortedLink: ControlShape {
  /// Its peer.
  public var peer: String
  /// Its transport.
  public var transport: String
  /// Its number.
  public var link: UInt64

  /// A value with these fields.
  public init(peer: String, transport: String, link: UInt64) {
    self.peer = peer
    self.transport = transport
    self.link = link
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", .text(peer)),
      ("transport", .text(transport)),
      ("link", .uint(link)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "aborted_link")
    peer = try fields.text("peer")
    transport = try fields.text("transport")
    link = try fields.unsigned("link")
  }
}
