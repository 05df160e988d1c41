// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The SymmetricState and CipherState of a handshake (Noise revision 34, sections 5.1 and 5.2), for SHA-256 and
/// ChaCha20-Poly1305.
struct NoiseSymmetricState {
  /// The most bytes of one message (section 3).
  static let messageLimit = 65_535

  /// h: the hash of everything both sides have seen.
  private(set) var handshakeHash: [UInt8]
  private var chainingKey: SecretBytes
  private var cipherKey: SecretBytes?
  private var nonce: UInt64 = 0

  init(protocolName: String, prologue: [UInt8]) {
    let name = Array(protocolName.utf8)
    // A name of at most one hash length is padded; only a longer one is hashed.
    let start = name.count <= 32 ? name + [UInt8](repeating: 0, count: 32 - name.count) : SHA256.hash(name)
    handshakeHash = start
    chainingKey = SecretBytes(start)
    mixHash(prologue)
  }

  mutating func mixHash(_ data: [UInt8]) {
    data.withUnsafeBytes { mixHash($0) }
  }

  mutating func mixHash(_ data: UnsafeRawBufferPointer) {
    handshakeHash = handshakeHash.withUnsafeBytes { SHA256.hash($0, data) }
  }

  mutating func mixKey(_ input: SecretBytes) {
    let (chaining, key) = derivePair(input.borrowed)
    withExtendedLifetime(input) {}
    chainingKey = chaining
    cipherKey = key
    nonce = 0
  }

  /// EncryptAndHash; without a key it only hashes.
  mutating func encrypt(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard let cipherKey else {
      mixHash(plaintext)
      return plaintext
    }
    let cipher = try Self.cipher(cipherKey)
    let count = plaintext.count + AEADAlgorithm.tagLength
    let ciphertext = [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
      handshakeHash.withUnsafeBytes { associated in
        plaintext.withUnsafeBytes { input in
          guard let start = UnsafeMutableRawPointer(output.baseAddress) else { return }
          cipher.seal(nonce: .init(noise: nonce), associated, input, start)
          initialized = count
        }
      }
    }
    nonce += 1
    mixHash(ciphertext)
    return ciphertext
  }

  /// DecryptAndHash; without a key it only hashes.
  mutating func decrypt(_ ciphertext: UnsafeRawBufferPointer) throws(NoiseError) -> [UInt8] {
    guard let cipherKey else {
      mixHash(ciphertext)
      return Array(ciphertext)
    }
    let cipher = try Self.cipher(cipherKey)
    let count = ciphertext.count - AEADAlgorithm.tagLength
    guard count >= 0 else { throw .truncated }
    var isAuthentic = false
    // One byte more than needed, so that the pointer exists for an empty payload too.
    var plaintext = [UInt8](repeating: 0, count: count + 1)
    plaintext.withUnsafeMutableBytes { output in
      guard let start = output.baseAddress else { return }
      handshakeHash.withUnsafeBytes { associated in
        isAuthentic = cipher.open(nonce: .init(noise: nonce), associated, ciphertext, start)
      }
    }
    guard isAuthentic else { throw .authentication }
    plaintext.removeLast()
    nonce += 1
    mixHash(ciphertext)
    return plaintext
  }

  /// Split: the key from initiator to responder, then the one back.
  func split() -> (SecretBytes, SecretBytes) {
    derivePair(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Noise's HKDF with two outputs (section 4.3): that of RFC 5869 with the chaining key as salt and no info.
  private func derivePair(_ input: UnsafeRawBufferPointer) -> (SecretBytes, SecretBytes) {
    let key = chainingKey.withBytes { HKDF.extract(salt: $0, input: input) }
    let output = HKDF.expand(key, info: "", count: 64)
    return (output.slice(0, 32), output.slice(32, 32))
  }

  private static func cipher(_ key: SecretBytes) throws(NoiseError) -> AEADKey {
    guard let cipher = try? AEADKey(.chaCha20Poly1305, key: key) else { throw .failed }
    return cipher
  }
}
