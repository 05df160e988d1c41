// SPDX-License-Identifier: Apache-2.0
import CSodium

/// HMAC-SHA256 (RFC 2104), with keys of any length.
public enum HMACSHA256 {
  /// The length of a code in bytes.
  public static let length = 32

  /// Writes the code of `parts`, one after the other, to `output`, which has 32 bytes.
  public static func authenticate(
    _ parts: UnsafeRawBufferPointer..., key: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(output.count == length)
    var state = crypto_auth_hmacsha256_state()
    crypto_auth_hmacsha256_init(&state, key.octets, key.count)
    for part in parts where part.count > 0 {
      crypto_auth_hmacsha256_update(&state, part.octets, UInt64(part.count))
    }
    crypto_auth_hmacsha256_final(&state, output.octets)
    sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
  }

  /// The code of `message`: 32 bytes.
  public static func code(_ message: [UInt8], key: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: length) { code, initialized in
      message.withUnsafeBytes { authenticate($0, key: key, into: UnsafeMutableRawBufferPointer(code)) }
      initialized = length
    }
  }

  /// Whether `code` is the code of `message`, in constant time.
  public static func verify(_ code: [UInt8], of message: [UInt8], key: UnsafeRawBufferPointer) -> Bool {
    constantTimeEqual(code, self.code(message, key: key))
  }
}
