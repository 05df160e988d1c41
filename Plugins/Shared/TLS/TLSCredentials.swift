// SPDX-License-Identifier: Apache-2.0
import CGnuTLS
import CNettle
import Glibc

/// Certificates and keys of this end, or the authorities that it trusts.
public final class TLSCredentials {
  let raw: gnutls_certificate_credentials_t
  /// Pin of this end's own key; nil for a client.
  public private(set) var pin: PublicKeyPin?

  /// For QUIC, whose sessions take the same credentials; they stay this object's.
  package var handle: UnsafeMutableRawPointer { UnsafeMutableRawPointer(raw) }

  private init() throws(TLSFailure) {
    var credentials: gnutls_certificate_credentials_t?
    try check(gnutls_certificate_allocate_credentials(&credentials), "credentials")
    guard let credentials else { throw TLSFailure("no memory for credentials") }
    raw = credentials
  }

  deinit { gnutls_certificate_free_credentials(raw) }

  /// For clients: trusts the certificates in the PEM file `authorities`, or the system's.
  public convenience init(authorities: String?) throws(TLSFailure) {
    try self.init()
    if let authorities {
      try check(
        gnutls_certificate_set_x509_trust_file(raw, authorities, GNUTLS_X509_FMT_PEM), "authorities \(authorities)")
    } else {
      // A machine without a store can still use pins.
      _ = gnutls_certificate_set_x509_system_trust(raw)
    }
  }

  /// For clients that know every server by its key: trusts nobody, and reads no store of certificates.
  public convenience init(forPins: Void) throws(TLSFailure) { try self.init() }

  /// For servers: a certificate chain and its key, PEM files.
  public convenience init(certificate: String, key: String) throws(TLSFailure) {
    try self.init()
    try check(
      gnutls_certificate_set_x509_key_file(raw, certificate, key, GNUTLS_X509_FMT_PEM),
      "certificate \(certificate) and key \(key)")
    try readPin()
  }

  /// For either end of a connection of equals: a certificate chain and its key, PEM files, and whom it trusts, a PEM file;
  /// without it nobody.
  public convenience init(certificate: String, key: String, authorities: String?) throws(TLSFailure) {
    try self.init(certificate: certificate, key: key)
    guard let authorities else { return }
    try check(
      gnutls_certificate_set_x509_trust_file(raw, authorities, GNUTLS_X509_FMT_PEM), "authorities \(authorities)")
  }

  /// For servers: a P-256 key and a certificate for it, made in memory. Clients know it by its pin.
  ///
  /// - Parameter secret: 32 bytes that the key comes from, so that the pin stays the same; a fresh key without.
  public convenience init(selfMade name: String, secret: UnsafeRawBufferPointer? = nil) throws(TLSFailure) {
    try self.init()
    var key: gnutls_x509_privkey_t?
    try check(gnutls_x509_privkey_init(&key), "key")
    defer { gnutls_x509_privkey_deinit(key) }
    // GNUTLS_CURVE_TO_BITS of the header: the curve in the lower half, the highest bit set.
    let curve = UInt32(1 << 31) | GNUTLS_ECC_CURVE_SECP256R1.rawValue
    if let secret {
      try Self.set(key, to: secret)
    } else {
      try check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, curve, 0), "making a key")
    }
    var certificate: gnutls_x509_crt_t?
    try check(gnutls_x509_crt_init(&certificate), "certificate")
    defer { gnutls_x509_crt_deinit(certificate) }
    let now = time(nil)
    var serial = [UInt8](repeating: 0, count: 16)
    try check(gnutls_rnd(GNUTLS_RND_NONCE, &serial, serial.count), "random")
    serial[0] = serial[0] & 0x7F | 0x01
    try check(gnutls_x509_crt_set_version(certificate, 3), "certificate version")
    try check(gnutls_x509_crt_set_serial(certificate, serial, serial.count), "certificate serial")
    try check(gnutls_x509_crt_set_activation_time(certificate, now - 86_400), "certificate time")
    try check(gnutls_x509_crt_set_expiration_time(certificate, now + 3650 * 86_400), "certificate time")
    try check(gnutls_x509_crt_set_dn(certificate, "CN=\(name)", nil), "certificate name")
    try check(gnutls_x509_crt_set_key(certificate, key), "certificate key")
    try check(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), "signing")
    try check(gnutls_certificate_set_x509_key(raw, &certificate, 1, key), "certificate")
    try readPin()
  }

  private static func set(_ key: gnutls_x509_privkey_t?, to secret: UnsafeRawBufferPointer) throws(TLSFailure) {
    var x = [UInt8](repeating: 0, count: 32)
    var y = x
    guard secret.count == 32, let base = secret.baseAddress?.assumingMemoryBound(to: UInt8.self),
      cnettle_p256_public(base, &x, &y) == 0
    else { throw TLSFailure("the secret is none for P-256") }
    let status = x.withUnsafeMutableBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        var across = gnutls_datum_t(data: x.baseAddress, size: 32)
        var up = gnutls_datum_t(data: y.baseAddress, size: 32)
        var number = gnutls_datum_t(data: UnsafeMutablePointer(mutating: base), size: 32)
        return gnutls_x509_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &across, &up, &number)
      }
    }
    try check(status, "making a key from a secret")
  }

  private func readPin() throws(TLSFailure) {
    var data = gnutls_datum_t()
    try check(gnutls_certificate_get_crt_raw(raw, 0, 0, &data), "certificate")
    pin = try PublicKeyPin(ofCertificate: data)
  }
}
