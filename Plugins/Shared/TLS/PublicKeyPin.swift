import CGnuTLS
// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// SHA-256 of a certificate's SubjectPublicKeyInfo (as in RFC 7469, 2.4).
public struct PublicKeyPin: Sendable {
  private let digest: [UInt8]

  /// The 32 bytes.
  package var bytes: [UInt8] { digest }

  /// Reads `sha256:` and 32 bytes in hex or base64url; nil when it is not that.
  public init?(_ text: String) {
    guard text.hasPrefix("sha256:") else { return nil }
    let rest = text.dropFirst(7)
    guard let bytes = rest.utf8.count == 64 ? Self.hex(rest) : Base64.decode(rest), bytes.count == 32 else {
      return nil
    }
    digest = bytes
  }

  init(ofCertificate certificate: gnutls_datum_t) throws(TLSFailure) {
    var parsed: gnutls_x509_crt_t?
    try check(gnutls_x509_crt_init(&parsed), "certificate")
    defer { gnutls_x509_crt_deinit(parsed) }
    var data = certificate
    try check(gnutls_x509_crt_import(parsed, &data, GNUTLS_X509_FMT_DER), "certificate")
    var key: gnutls_pubkey_t?
    try check(gnutls_pubkey_init(&key), "public key")
    defer { gnutls_pubkey_deinit(key) }
    try check(gnutls_pubkey_import_x509(key, parsed, 0), "public key")
    var information = [UInt8](repeating: 0, count: 4096)
    var length = information.count
    try check(gnutls_pubkey_export(key, GNUTLS_X509_FMT_DER, &information, &length), "public key")
    var digest = [UInt8](repeating: 0, count: 32)
    try check(gnutls_hash_fast(GNUTLS_DIG_SHA256, information, length, &digest), "SHA-256")
    self.digest = digest
  }

  /// Compares without telling by its time where the first difference is.
  public func matches(_ other: PublicKeyPin) -> Bool {
    zip(digest, other.digest).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// `sha256:` and 64 hex digits.
  public var text: String {
    let digits = Array("0123456789abcdef".utf8)
    let hex = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return "sha256:" + String(decoding: hex, as: UTF8.self)
  }

  /// What to tell when a server has another key, and the way out; under 190 bytes.
  public var mismatch: String {
    "the server's key is not the pinned one, \(text); if it was changed on purpose, take the server's new address"
  }

  private static func hex(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.compactMap(digit)
    guard digits.count == text.utf8.count else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
