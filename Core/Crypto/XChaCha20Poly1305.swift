// SPDX-License-Identifier: Apache-2.0
import CSodium

/// XChaCha20-Poly1305 with a nonce of 24 bytes, which may be random: for the few packets that have no counter.
public enum XChaCha20Poly1305 {
  /// Bytes of a key.
  public static let keyLength = 32
  /// Bytes of a nonce.
  public static let nonceLength = 24
  /// What a sealed text is longer by, bytes.
  public static let tagLength = 16

  /// Encrypts `plaintext`; the result is longer by `tagLength`. `key` and `nonce` have the lengths above.
  public static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
    precondition(key.count == keyLength && nonce.count == nonceLength, "a key or nonce of the wrong length")
    return [UInt8](unsafeUninitializedCapacity: plaintext.count + tagLength) { buffer, count in
      _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
        buffer.baseAddress!, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil, nonce,
        key)
      count = plaintext.count + tagLength
    }
  }

  /// Verifies and decrypts what `seal` made; nil when anything differs, or a length is wrong.
  public static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8]? {
    guard key.count == keyLength, nonce.count == nonceLength, sealed.count >= tagLength else { return nil }
    var isAuthentic = false
    let plaintext = [UInt8](unsafeUninitializedCapacity: max(sealed.count - tagLength, 1)) { buffer, count in
      isAuthentic =
        crypto_aead_xchacha20poly1305_ietf_decrypt(
          buffer.baseAddress!, nil, nil, sealed, UInt64(sealed.count), associated, UInt64(associated.count), nonce, key)
        == 0
      count = isAuthentic ? sealed.count - tagLength : 0
    }
    return isAuthentic ? plaintext : nil
  }
}
