// SPDX-License-Identifier: Apache-2.0
import CSodium

/// HKDF with SHA-256 (RFC 5869) of many inputs with one salt and no info, 32 bytes of each. What the salt does is done once.
public struct HKDFSalt: Sendable {
  private let keyed: crypto_auth_hmacsha256_state

  /// A salt of any length but none.
  public init(_ salt: UnsafeRawBufferPointer) {
    precondition(!salt.isEmpty, "HKDF without a salt has one of zeros")
    var state = crypto_auth_hmacsha256_state()
    crypto_auth_hmacsha256_init(&state, salt.octets, salt.count)
    keyed = state
  }

  /// The same as `HKDF.derive` with this salt, no info, and a count of 32.
  public func derive(_ input: SecretBytes) -> SecretBytes {
    SecretBytes(count: 32) { output in
      var state = keyed
      var number: UInt8 = 1
      input.withBytes { input in
        if !input.isEmpty { crypto_auth_hmacsha256_update(&state, input.octets, UInt64(input.count)) }
      }
      // The key between the two halves stands where the result will.
      crypto_auth_hmacsha256_final(&state, output.octets)
      crypto_auth_hmacsha256_init(&state, output.octets, output.count)
      crypto_auth_hmacsha256_update(&state, &number, 1)
      crypto_auth_hmacsha256_final(&state, output.octets)
      sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
    }
  }
}
