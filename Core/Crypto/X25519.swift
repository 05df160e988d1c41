// SPDX-License-Identifier: Apache-2.0
import CSodium

/// A public key of X25519 (RFC 7748): 32 bytes.
public struct X25519PublicKey: Hashable, Sendable {
  /// The number of bytes.
  public static let length = 32

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// The key with these bytes; nil unless they are 32. Whether it is a good point shows at the key agreement.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  /// The key with these bytes; nil unless they are 32.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    self.init(Array(bytes))
  }
}

/// A key pair of X25519 (RFC 7748). The secret part is wiped with the last copy.
public struct X25519KeyPair: Sendable {
  /// The part to give away.
  public let publicKey: X25519PublicKey
  let secret: SecretBytes

  /// A fresh pair.
  public static func generate(from random: RandomBytes = .system) -> X25519KeyPair {
    X25519KeyPair(checked: SecretBytes.random(32, from: random))
  }

  /// The pair with this secret key; nil unless it is 32 bytes. Clamping happens in use, as RFC 7748 says.
  public init?(secret: SecretBytes) {
    guard secret.count == 32 else { return nil }
    self.init(checked: secret)
  }

  private init(checked secret: SecretBytes) {
    _ = Sodium.ready
    self.secret = secret
    var point = [UInt8](repeating: 0, count: X25519PublicKey.length)
    let status = secret.withBytes { crypto_scalarmult_curve25519_base(&point, $0.octets) }
    guard status == 0, let key = X25519PublicKey(point) else { preconditionFailure("X25519 of the base point failed") }
    publicKey = key
  }

  /// The secret that both sides come to; nil when it would be all zero, which a low-order point brings about.
  public func sharedSecret(with remote: X25519PublicKey) -> SecretBytes? {
    var isGood = false
    let shared = SecretBytes(count: 32) { output in
      isGood = secret.withBytes { crypto_scalarmult_curve25519(output.octets, $0.octets, remote.bytes) } == 0
    }
    return isGood ? shared : nil
  }
}
