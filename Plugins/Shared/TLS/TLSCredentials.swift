// SPDX-License-Identifier: Apache-2.0
import CGnuTLS
import Glibc

/// Certificates and keys of this end, or the authorities that it trusts.
public final class TLSCredentials {
  let raw: gnutls_certificate_credentials_t
  /// Pin of this end's own key; nil for a client.
  public private(set) var pin: PublicKeyPin?

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

  /// For servers: a certificate chain and its key, PEM files.
  public convenience init(certificate: String, key: String) throws(TLSFailure) {
    try self.init()
    try check(
      gnutls_certificate_set_x509_key_file(raw, certificate, key, GNUTLS_X509_FMT_PEM),
      "certificate \(certificate) and key \(key)")
    try readPin()
  }

  /// For servers: a P-256 key and a certificate for it, made in memory. Clients know it by its pin.
  public convenience init(selfMade name: String) throws(TLSFailure) {
    try self.init()
    var key: gnutls_x509_privkey_t?
    try check(gnutls_x509_privkey_init(&key), "key")
    defer { gnutls_x509_privkey_deinit(key) }
    // GNUTLS_CURVE_TO_BITS of the header: the curve in the lower half, the highest bit set.
    let curve = UInt32(1 << 31) | GNUTLS_ECC_CURVE_SECP256R1.rawValue
    try check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, curve, 0), "making a key")
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

  private func readPin() throws(TLSFailure) {
    var data = gnutls_datum_t()
    try check(gnutls_certificate_get_crt_raw(raw, 0, 0, &data), "certificate")
    pin = try PublicKeyPin(ofCertificate: data)
  }
}
