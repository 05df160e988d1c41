// SPDX-License-Identifier: Apache-2.0
import CAESGCM
import CSodium

/// One key of an authenticated cipher, made ready once. `seal` and `open` allocate nothing.
///
/// AES-256-GCM is that of `CAESGCM` and ChaCha20-Poly1305 is libsodium's: each the fastest here. The nonce is lane
/// (4 bytes, big-endian), then number (8 bytes, big-endian). One thread at a time.
public final class AEADKey {
  /// The cipher.
  public let algorithm: AEADAlgorithm
  private let cipher: OpaquePointer?
  private let key: SecretBytes

  /// A cipher with `key`, which has 32 bytes.
  public init(_ algorithm: AEADAlgorithm, key: SecretBytes) throws(AEADError) {
    guard key.count == AEADAlgorithm.keyLength else { throw .keyLength(key.count) }
    self.algorithm = algorithm
    self.key = key
    guard algorithm == .aes256GCM else {
      cipher = nil
      return
    }
    cipher = key.withBytes { caesgcm_new($0.octets, $0.count, Int32(CAESGCM_BEST)) }
    guard cipher != nil else { throw .library(-1) }
  }

  /// A cipher with a copy of `key`, which has 32 bytes.
  public convenience init(_ algorithm: AEADAlgorithm, key: UnsafeRawBufferPointer) throws(AEADError) {
    try self.init(algorithm, key: SecretBytes(key))
  }

  deinit {
    caesgcm_free(cipher)
  }

  /// Encrypts `plaintext` and writes it and its tag, `plaintext.count + 16` bytes, to `output`.
  ///
  /// `output` may be where `plaintext` starts, or must not overlap it. Never seal twice with one lane and number.
  public func seal(
    lane: UInt32, number: UInt64, associated: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawPointer
  ) {
    seal(nonce: Nonce(lane: lane, number: number), associated, plaintext, output)
  }

  /// Verifies `ciphertext`, which ends with the tag, and writes `ciphertext.count - 16` bytes to `output`.
  ///
  /// `output` may be where `ciphertext` starts, or must not overlap it. When false, nothing of the plaintext is left
  /// there: those bytes are zero, or untouched when `ciphertext` is shorter than a tag.
  public func open(
    lane: UInt32, number: UInt64, associated: UnsafeRawBufferPointer, ciphertext: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawPointer
  ) -> Bool {
    open(nonce: Nonce(lane: lane, number: number), associated, ciphertext, output)
  }

  func seal(
    nonce: Nonce, _ associated: UnsafeRawBufferPointer, _ plaintext: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawPointer
  ) {
    withUnsafeBytes(of: nonce.bytes) { nonce in
      if let cipher {
        let status = caesgcm_seal(
          cipher, nonce.octets, associated.octets, associated.count, plaintext.octets, plaintext.count,
          output.assumingMemoryBound(to: UInt8.self))
        precondition(status == 0, "AES-256-GCM refused to seal")
      } else {
        key.withBytes { key in
          _ = crypto_aead_chacha20poly1305_ietf_encrypt(
            output.assumingMemoryBound(to: UInt8.self), nil, plaintext.octets, UInt64(plaintext.count),
            associated.octets, UInt64(associated.count), nil, nonce.octets, key.octets)
        }
      }
    }
  }

  func open(
    nonce: Nonce, _ associated: UnsafeRawBufferPointer, _ ciphertext: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawPointer
  ) -> Bool {
    let count = ciphertext.count - AEADAlgorithm.tagLength
    guard count >= 0 else { return false }
    return withUnsafeBytes(of: nonce.bytes) { nonce in
      guard let cipher else {
        return key.withBytes { key in
          crypto_aead_chacha20poly1305_ietf_decrypt(
            output.assumingMemoryBound(to: UInt8.self), nil, nil, ciphertext.octets, UInt64(ciphertext.count),
            associated.octets, UInt64(associated.count), nonce.octets, key.octets) == 0
        }
      }
      return caesgcm_open(
        cipher, nonce.octets, associated.octets, associated.count, ciphertext.octets, ciphertext.count,
        output.assumingMemoryBound(to: UInt8.self)) == 0
    }
  }

  /// Twelve bytes as the ciphers want them.
  struct Nonce {
    let bytes: (UInt32, UInt32, UInt32)

    init(lane: UInt32, number: UInt64) {
      bytes = (
        lane.bigEndian, UInt32(truncatingIfNeeded: number >> 32).bigEndian,
        UInt32(truncatingIfNeeded: number).bigEndian
      )
    }

    /// The nonce of a Noise CipherState: four zero bytes, then the number, little-endian (Noise revision 34, 12.3).
    init(noise number: UInt64) {
      bytes = (
        0, UInt32(truncatingIfNeeded: number).littleEndian, UInt32(truncatingIfNeeded: number >> 32).littleEndian
      )
    }
  }
}
