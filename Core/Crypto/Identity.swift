// SPDX-License-Identifier: Apache-2.0
import CSodium
import MeshWire

/// The Ed25519 key of a node (RFC 8032), and what is derived from it. The secret never leaves guarded memory.
public final class Identity: Sendable {
  /// The bytes of a seed, from which everything follows.
  public static let seedLength = 32

  /// The bytes of a signature.
  public static let signatureLength = 64

  /// The public key, which is the node's name.
  public let id: NodeID

  /// The same key mapped to X25519, for Noise (libsodium's conversion).
  public let noiseStatic: X25519KeyPair

  let seed: SecretBytes
  private let secretKey: SecretBytes

  /// The identity that follows from `seed`; nil unless it is 32 bytes.
  public init?(seed: SecretBytes) {
    guard seed.count == Self.seedLength else { return nil }
    self.seed = seed.withBytes { SecretBytes($0, guarded: true) }
    var publicKey = [UInt8](repeating: 0, count: 32)
    secretKey = SecretBytes(count: 64, guarded: true) { output in
      _ = seed.withBytes { crypto_sign_ed25519_seed_keypair(&publicKey, output.octets, $0.octets) }
    }
    let noiseSecret = SecretBytes(count: 32, guarded: true) { [secretKey] output in
      _ = secretKey.withBytes { crypto_sign_ed25519_sk_to_curve25519(output.octets, $0.octets) }
    }
    guard let id = NodeID(bytes: publicKey), let noise = X25519KeyPair(secret: noiseSecret) else { return nil }
    self.id = id
    noiseStatic = noise
  }

  /// A fresh identity.
  public static func generate(from random: RandomBytes = .system) -> Identity {
    let seed = SecretBytes(count: seedLength, guarded: true) { random.fill($0) }
    guard let identity = Identity(seed: seed) else { preconditionFailure("a seed of 32 bytes was refused") }
    return identity
  }

  /// The X25519 key that another node uses in Noise; nil when its name is no good point of the curve.
  public static func noisePublicKey(of node: NodeID) -> X25519PublicKey? {
    _ = Sodium.ready
    var key = [UInt8](repeating: 0, count: X25519PublicKey.length)
    let status = node.withBytes { crypto_sign_ed25519_pk_to_curve25519(&key, $0.octets) }
    return status == 0 ? X25519PublicKey(key) : nil
  }

  /// A signature over `message` for one purpose: 64 bytes. See `signedBytes` for what is signed.
  public func sign(context: String, _ message: [UInt8]) -> [UInt8] {
    let signed = Self.signedBytes(context: context, message)
    var signature = [UInt8](repeating: 0, count: Self.signatureLength)
    _ = secretKey.withBytes {
      crypto_sign_ed25519_detached(&signature, nil, signed, UInt64(signed.count), $0.octets)
    }
    return signature
  }

  /// Whether `signature` is that of `id` over `message` for this purpose.
  public static func verify(id: NodeID, context: String, _ message: [UInt8], signature: [UInt8]) -> Bool {
    guard signature.count == signatureLength else { return false }
    _ = Sodium.ready
    let signed = signedBytes(context: context, message)
    return id.withBytes {
      crypto_sign_ed25519_verify_detached(signature, signed, UInt64(signed.count), $0.octets) == 0
    }
  }

  /// A secret of 32 bytes for one purpose and one instance of it, such as a plugin and its configured name. Whoever has
  /// it learns nothing about the key or the other secrets.
  public func deriveSecret(purpose: String, instance: String) -> SecretBytes {
    var info = GrowingByteWriter()
    for part in [purpose, instance] {
      info.u32(UInt32(truncatingIfNeeded: part.utf8.count))
      info.bytes(Array(part.utf8))
    }
    return Array("mesh derived secret 1".utf8).withUnsafeBytes { salt in
      info.written.withUnsafeBytes { info in
        seed.withBytes { HKDF.derive(salt: salt, input: $0, info: info) }
      }
    }
  }

  /// What is signed: "mesh signature 1", the length of the context (4 bytes, big-endian), the context, the message. No
  /// signature for one context is good for another.
  static func signedBytes(context: String, _ message: [UInt8]) -> [UInt8] {
    var signed = GrowingByteWriter(capacity: 32 + context.utf8.count + message.count)
    signed.bytes(Array("mesh signature 1".utf8))
    signed.u32(UInt32(truncatingIfNeeded: context.utf8.count))
    signed.bytes(Array(context.utf8))
    signed.bytes(message)
    return signed.written
  }
}
