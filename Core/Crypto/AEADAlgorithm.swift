// SPDX-License-Identifier: Apache-2.0
import CSodium

/// An authenticated cipher with a 32-byte key, a 12-byte nonce and a 16-byte tag (RFC 5116).
public enum AEADAlgorithm: UInt8, Sendable, CaseIterable {
  /// AES-256-GCM (NIST SP 800-38D).
  case aes256GCM = 1
  /// ChaCha20-Poly1305 (RFC 8439).
  case chaCha20Poly1305 = 2

  /// The bytes that sealing adds.
  public static let tagLength = 16

  /// The bytes of a key.
  public static let keyLength = 32

  /// What this machine offers, fastest first: AES-256-GCM only where the processor has instructions for it, as without
  /// them it is slow and its timing depends on the data.
  public static let preferred: [AEADAlgorithm] = {
    _ = Sodium.ready
    return crypto_aead_aes256gcm_is_available() != 0 ? [.aes256GCM, .chaCha20Poly1305] : [.chaCha20Poly1305]
  }()
}

/// Why a cipher could not be made ready.
public enum AEADError: Error, Equatable, Sendable {
  /// The key has not 32 bytes.
  case keyLength(Int)
  /// The library refused, with its error code.
  case library(Int32)
}
