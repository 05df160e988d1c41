// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The node's name and the addresses that it advertises.
public enum IDMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "id"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = NodeIdentity
}

/// Who a node is and where.
public struct NodeIdentity: ControlShape {
  /// The node's name.
  public var id: String
  /// Addresses that others may use.
  public var addresses: [String]

  /// A value with these fields.
  public init(id: String, addresses: [String] = []) {
    self.id = id
    self.addresses = addresses
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("id", .text(id)),
      ("addresses", .texts(addresses)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "node_identity")
    id = try fields.text("id")
    addresses = try fields.texts("addresses")
  }
}

/// One line that introduces this node to another.
public enum InviteMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "invite"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = InviteParams
  /// What comes out.
  public typealias Result = InvitationLine
}

/// What the invitation should say.
public struct InviteParams: ControlShape {
  /// Addresses instead of the advertised ones; empty for those.
  public var addresses: [String]

  /// A value with these fields.
  public init(addresses: [String] = []) {
    self.addresses = addresses
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("addresses", .texts(addresses))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "invite_params")
    addresses = try fields.texts("addresses")
  }
}

/// An invitation.
public struct InvitationLine: ControlShape {
  /// The line that `peers add` takes.
  public var invitation: String

  /// A value with these fields.
  public init(invitation: String) {
    self.invitation = invitation
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("invitation", .text(invitation))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "invitation_line")
    invitation = try fields.text("invitation")
  }
}
