// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshWire

/// What travels with a carrier: one message, or receipts for messages, sealed for one node with the one-way pattern.
///
/// Version (1) ‖ length of the Noise message (2) ‖ Noise message ‖ chunks of the body. The Noise message has the
/// prologue `mesh carrier 1` ‖ recipient and carries what is below, and a fresh key for the body. A chunk is 64 KiB,
/// the last one less, sealed with ChaCha20-Poly1305; its nonce is (last 1, other 0) ‖ number.
public struct Envelope: Equatable, Sendable {
  /// What the body is.
  public enum Kind: UInt8, Sendable {
    /// A message for an application.
    case message = 1
    /// Identities of messages that an application has released.
    case receipt = 2
  }

  /// Names a message among those of its sender.
  public typealias ID = UInt128

  /// What the body is.
  public var kind = Kind.message
  /// Who sealed it.
  public var sender: NodeID
  /// Tells it from others of the sender, also when it is sealed anew.
  public var id: ID
  /// When it was sealed, Unix milliseconds of the sender's clock.
  public var issued: UInt64
  /// Milliseconds after that at which it is of no use.
  public var lifetime: UInt64
  /// How urgent it is.
  public var trafficClass = TrafficClass.normal
  /// The application's sixteen bytes, or empty.
  public var key: [UInt8] = []
  /// The protocol that the message is for; empty for receipts.
  public var name = ""
  /// The message, or the identities, sixteen bytes each.
  public var body: [UInt8]
  /// Where a session had it before.
  public var place: SessionPlace?

  /// An envelope that is not sealed yet; see the members.
  public init(
    kind: Kind = .message, sender: NodeID, id: ID, issued: UInt64, lifetime: UInt64,
    trafficClass: TrafficClass = .normal, key: [UInt8] = [], name: String = "", body: [UInt8],
    place: SessionPlace? = nil
  ) {
    self.kind = kind
    self.sender = sender
    self.id = id
    self.issued = issued
    self.lifetime = lifetime
    self.trafficClass = trafficClass
    self.key = key
    self.name = name
    self.body = body
    self.place = place
  }

  /// Bytes of the longest body.
  public static let bodyLimit = 16 << 20
  static let chunk = 65_536
  static let version: UInt8 = 1
  static let keyLength = 16

  /// Unix milliseconds at which it is of no use.
  public var deadline: UInt64 { issued.addingReportingOverflow(lifetime).overflow ? .max : issued + lifetime }

  /// The same with a lifetime of at most this.
  func shortened(to limit: UInt64) -> Envelope {
    guard lifetime > limit else { return self }
    var one = self
    one.lifetime = limit
    return one
  }

  static func prologue(_ recipient: NodeID) -> [UInt8] { Array("mesh carrier 1".utf8) + recipient.bytes }

  /// The identity of a message whose repetitions are to be recognised: the same for the same recipient, protocol and
  /// key.
  public static func identity(for recipient: NodeID, name: String, key: [UInt8]) -> ID {
    let digest = SHA256.hash(Array("mesh message".utf8) + recipient.bytes + key + Array(name.utf8))
    return digest.prefix(16).reduce(0) { $0 << 8 | ID($1) }
  }

  /// A number for the carrier: the same over restarts.
  public static func token(_ id: ID) -> UInt64 { UInt64(truncatingIfNeeded: id >> 64) }
}
