// SPDX-License-Identifier: Apache-2.0
import CGnuTLS
import CSodium

/// One key of an authenticated cipher, made ready once. `seal` and `open` allocate nothing.
///
/// AES-256-GCM is GnuTLS's and ChaCha20-Poly1305 is libsodium's: each the faster of the two here. The nonce is lane
/// (4 bytes, big-endian), then number (8 bytes, big-endian). One thread at a time.
public final class AEADKey {
  /// The cipher.
  public let algorithm: AEADAlgorithm
  private let cipher: gnutls_aead_cipher_hd_t?
  private let key: SecretBytes

  /// A cipher with a copy of `key`, which has 32 bytes.
  public init(_ algorithm: AEADAlgorithm, key: UnsafeRawBufferPointer) throws(AEADError) {
    guard key.count == AEADAlgorithm.keyLength else { throw .keyLength(key.count) }
    self.algorithm = algorithm
    self.key = SecretBytes(key)
    guard algorithm == .aes256GCM else {
      cipher = nil
      return
    }
    var handle: gnutls_aead_cipher_hd_t?
    let status = self.key.withBytes { bytes in
      var datum = gnutls_datum_t(
        data: UnsafeMutablePointer(mutating: bytes.octets), size: UInt32(AEADAlgorithm.keyLength))
      return gnutls_aead_cipher_init(&handle, GNUTLS_CIPHER_AES_256_GCM, &datum)
    }
    cipher = handle
    guard status >= 0, handle != nil else { throw .library(status) }
  }

  /// A cipher with a copy of `key`, which has 32 bytes.
  public convenience init(_ algorithm: AEADAlgorithm, key: SecretBytes) throws(AEADError) {
    try self.init(algorithm, key: key.borrowed)
  }

  deinit {
    if let cipher { gnutls_aead_cipher_deinit(cipher) }
  }

  /// Encrypts `plaintext` and writes it and its tag, `plaintext.count + 16` bytes, to `output`.
  ///
  /// `output` may be where `plaintext` starts, or must not overlap it. Never seal twice with one lane and number.
  @inline(__always)
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
  @inline(__always)
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
        var written = plaintext.count + AEADAlgorithm.tagLength
        let status = gnutls_aead_cipher_encrypt(
          cipher, nonce.baseAddress, 12, associated.baseAddress, associated.count, AEADAlgorithm.tagLength,
          plaintext.baseAddress, plaintext.count, output, &written)
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
      var written = count
      let status = gnutls_aead_cipher_decrypt(
        cipher, nonce.baseAddress, 12, associated.baseAddress, associated.count, AEADAlgorithm.tagLength,
        ciphertext.baseAddress, ciphertext.count, output, &written)
      if status == 0 { return true }
      sodium_memzero(output, count)
      return false
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
