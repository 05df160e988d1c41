// SPDX-License-Identifier: Apache-2.0
import MeshCrypto

/// Tells a site's ticket keys apart: 8 bytes.
public struct TicketKeyID: Hashable, Sendable {
  /// The number of bytes.
  public static let length = 8

  /// The 8 bytes.
  public let bytes: [UInt8]

  /// The id with these bytes; nil unless they are 8.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  /// The id that this project gives a key: the first 8 bytes of SHA-256("mesh htx ticket key" ‖ public key).
  public init(of key: X25519PublicKey) {
    bytes = Array(SHA256.hash(Array("mesh htx ticket key".utf8) + key.bytes).prefix(Self.length))
  }
}
