// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

/// The bytes of a ticket as a carrier holds them (Betanet 1.1, section 5.2): version 1, the client's public key, the key
/// id, 32 random bytes, the value, and padding that nobody looks at.
public struct TicketPayload: Sendable {
  /// Bytes before the padding.
  public static let fixedLength = 105
  /// The most padding that is read, whatever the policy says: a limit of this implementation.
  public static let maximumPadding = 255

  /// The client's public key, used once.
  public let client: X25519PublicKey
  /// The site's key that was used.
  public let key: TicketKeyID
  /// 32 random bytes.
  public let nonce: [UInt8]
  /// The 32 bytes that prove knowledge of the site's key.
  public let value: [UInt8]
  /// Padding, 0 to 255 bytes.
  public let padding: [UInt8]

  init(client: X25519PublicKey, key: TicketKeyID, nonce: [UInt8], value: [UInt8], padding: [UInt8]) {
    self.client = client
    self.key = key
    self.nonce = nonce
    self.value = value
    self.padding = padding
  }

  /// Reads the bytes in their order; nil when they are too few, too many, or of another version.
  public init?(_ bytes: [UInt8]) {
    guard (Self.fixedLength...Self.fixedLength + Self.maximumPadding).contains(bytes.count), bytes[0] == 1,
      let client = X25519PublicKey(Array(bytes[1..<33])), let key = TicketKeyID(Array(bytes[33..<41]))
    else { return nil }
    self.init(
      client: client, key: key, nonce: Array(bytes[41..<73]), value: Array(bytes[73..<105]),
      padding: Array(bytes[105...]))
  }

  /// Reads base64url without padding characters, as carriers hold it.
  public init?(text: some StringProtocol) {
    guard Self.hasLength(text.utf8.count), let bytes = Base64URL.decode(text) else { return nil }
    self.init(bytes)
  }

  /// Whether text of so many characters can be a ticket.
  public static func hasLength(_ characters: Int) -> Bool {
    (140...(fixedLength + maximumPadding + 2) / 3 * 4).contains(characters)
  }

  /// The whole payload.
  public var bytes: [UInt8] { [1] + client.bytes + key.bytes + nonce + value + padding }

  /// The payload in base64url.
  public var text: String { Base64URL.encode(bytes) }

  /// SHA-256 of the whole payload: the ticket's part of a link's channel binding.
  public var digest: [UInt8] { SHA256.hash(bytes) }
}
