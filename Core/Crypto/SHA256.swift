// SPDX-License-Identifier: Apache-2.0
import CSodium

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  /// The length of a digest in bytes.
  public static let length = 32

  /// The digest of `parts`, one after the other: 32 bytes.
  public static func hash(_ parts: UnsafeRawBufferPointer...) -> [UInt8] {
    var state = crypto_hash_sha256_state()
    crypto_hash_sha256_init(&state)
    for part in parts where part.count > 0 {
      crypto_hash_sha256_update(&state, part.octets, UInt64(part.count))
    }
    return [UInt8](unsafeUninitializedCapacity: length) { digest, initialized in
      crypto_hash_sha256_final(&state, UnsafeMutableRawBufferPointer(digest).octets)
      initialized = length
    }
  }

  /// The digest of `message`: 32 bytes.
  public static func hash(_ message: [UInt8]) -> [UInt8] {
    message.withUnsafeBytes { hash($0) }
  }
}
