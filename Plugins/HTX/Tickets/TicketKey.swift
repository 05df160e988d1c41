// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

/// A site's key for access tickets: an X25519 pair and its id.
public struct TicketKey: Sendable {
  /// The id that tickets carry.
  public let id: TicketKeyID
  let pair: X25519KeyPair

  /// A key with an id of the caller's choice.
  public init(id: TicketKeyID, pair: X25519KeyPair) {
    self.id = id
    self.pair = pair
  }

  /// The key with this secret and the id that goes with it; nil unless it is 32 bytes.
  public init?(secret: SecretBytes) {
    guard let pair = X25519KeyPair(secret: secret) else { return nil }
    self.init(id: TicketKeyID(of: pair.publicKey), pair: pair)
  }

  /// A fresh secret of 32 bytes, to be kept in a file as 64 hexadecimal digits.
  public static func makeSecret(from random: RandomBytes = .system) -> SecretBytes { .random(32, from: random) }

  /// The part that clients are given.
  public var publicKey: TicketPublicKey { TicketPublicKey(id: id, point: pair.publicKey) }
}

/// What a client knows of a site's ticket key.
public struct TicketPublicKey: Hashable, Sendable {
  /// The key's id.
  public let id: TicketKeyID
  /// The key.
  public let point: X25519PublicKey

  /// A key that was learnt in two parts.
  public init(id: TicketKeyID, point: X25519PublicKey) {
    self.id = id
    self.point = point
  }

  /// Reads what `text` writes; nil when it is not that.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == 54, let bytes = Base64URL.decode(text), bytes.count == 40,
      let id = TicketKeyID(Array(bytes[..<8])), let point = X25519PublicKey(Array(bytes[8...]))
    else { return nil }
    self.init(id: id, point: point)
  }

  /// Id and key in base64url: 54 characters, as they stand in an address.
  public var text: String { Base64URL.encode(id.bytes + point.bytes) }
}
