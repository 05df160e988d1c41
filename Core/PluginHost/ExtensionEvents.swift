// SPDX-License-Identifier: Apache-2.0

/// What a carrier says of an envelope of this node.
public struct CarrierReport: Hashable, Sendable {
  /// The token of `submit`.
  public var token: UInt64
  /// `MESH_CARRIER_*`.
  public var kind: UInt32
  /// `MESH_OK`, or why it was refused.
  public var code: Int32

  /// A report; see the members.
  public init(token: UInt64, kind: UInt32, code: Int32) {
    self.token = token
    self.kind = kind
    self.code = code
  }
}

/// An envelope for this node, which the carrier keeps until it is settled.
public struct CarrierArrival: Hashable, Sendable {
  /// The carrier's name for it: 32 bytes.
  public var id: [UInt8]
  /// The sealed bytes.
  public var envelope: [UInt8]

  /// An arrival; see the members.
  public init(id: [UInt8], envelope: [UInt8]) {
    self.id = id
    self.envelope = envelope
  }
}

/// A message that a plugin sends to the same plugin on another node.
public struct SessionMessage: Hashable, Sendable {
  /// Which life of the instance sent it; for `PluginHost.sessionSent`.
  public var life: UInt32
  /// The public key of the other node: 32 bytes.
  public var node: [UInt8]
  /// The protocol.
  public var name: String
  /// The message.
  public var body: [UInt8]
  /// The plugin's number for the answer.
  public var token: UInt64
}
