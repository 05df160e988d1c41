// SPDX-License-Identifier: Apache-2.0
import CGnuTLS
import Glibc

extension TLSSession {
  /// Whether an authority that the credentials trust vouches for the peer's certificate; throws why not.
  public func checkPeer() throws(TLSFailure) {
    var verdict: UInt32 = 0
    let status = gnutls_certificate_verify_peers2(raw, &verdict)
    if status == GNUTLS_E_NO_CERTIFICATE_FOUND {
      throw TLSFailure("the other end has shown no certificate", isAuthentication: true)
    }
    try check(status, "certificate of the other end")
    guard verdict == 0 else {
      var text = gnutls_datum_t()
      var sentence = "the certificate of the other end is not trusted"
      if gnutls_certificate_verification_status_print(verdict, GNUTLS_CRT_X509, &text, 0) == 0, let data = text.data {
        let bytes = UnsafeRawBufferPointer(start: data, count: Int(text.size))
        sentence += ": " + String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: " ")
        free(data)
      }
      throw TLSFailure(sentence, isAuthentication: true)
    }
  }

  /// The names of one kind (RFC 5280 section 4.2.1.6, otherName) in the peer's certificate, as text, at most 64.
  ///
  /// - Parameter kind: an object identifier such as "1.3.6.1.5.5.7.8.11".
  public func peerNames(_ kind: String) throws(TLSFailure) -> [String] {
    guard let certificate = try peerCertificate() else { return [] }
    defer { gnutls_x509_crt_deinit(certificate) }
    var names: [String] = []
    for index in 0..<UInt32(64) {
      var value = [UInt8](repeating: 0, count: 2048)
      var size = value.count
      let type = gnutls_x509_crt_get_subject_alt_name(certificate, index, &value, &size, nil)
      if type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
      guard type == Int32(GNUTLS_SAN_OTHERNAME.rawValue) else { continue }
      var object = [CChar](repeating: 0, count: 128)
      var length = object.count
      guard gnutls_x509_crt_get_subject_alt_othername_oid(certificate, index, &object, &length) >= 0,
        object.prefix(while: { $0 != 0 }).elementsEqual(kind.utf8.map { CChar(bitPattern: $0) }),
        let name = Self.text(value[..<min(size, value.count)])
      else { continue }
      names.append(name)
    }
    return names
  }

  /// Whether the peer's certificate may be used for something; one that does not say what it is for may (RFC 5280 section
  /// 4.2.1.12). Throws when it may not.
  ///
  /// - Parameters:
  ///   - purpose: an object identifier such as "1.3.6.1.5.5.7.3.35".
  ///   - name: what that is, for people.
  public func checkPeer(isFor purpose: String, _ name: String) throws(TLSFailure) {
    let anyPurpose = "2.5.29.37.0"
    let purposes = try peerPurposes()
    guard purposes.isEmpty || purposes.contains(purpose) || purposes.contains(anyPurpose) else {
      throw TLSFailure(
        "the certificate of the other end is for \(purposes.joined(separator: ", ")), not for \(name) (\(purpose))",
        isAuthentication: true)
    }
  }

  private func peerPurposes() throws(TLSFailure) -> [String] {
    guard let certificate = try peerCertificate() else { return [] }
    defer { gnutls_x509_crt_deinit(certificate) }
    var purposes: [String] = []
    for index in 0..<UInt32(64) {
      var object = [CChar](repeating: 0, count: 128)
      var length = object.count
      let status = gnutls_x509_crt_get_key_purpose_oid(certificate, index, &object, &length, nil)
      if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
      try check(status, "certificate")
      let bytes = object.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      purposes.append(String(decoding: bytes, as: UTF8.self))
    }
    return purposes
  }

  /// The first of the peer's chain, the caller's to free; nil when it has shown none.
  private func peerCertificate() throws(TLSFailure) -> gnutls_x509_crt_t? {
    var count: UInt32 = 0
    guard let chain = gnutls_certificate_get_peers(raw, &count), count > 0 else { return nil }
    var certificate: gnutls_x509_crt_t?
    try check(gnutls_x509_crt_init(&certificate), "certificate")
    var data = chain[0]
    let status = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER)
    if status < 0 { gnutls_x509_crt_deinit(certificate) }
    try check(status, "certificate")
    return certificate
  }

  /// The text of a DER string (UTF8String or IA5String), also within an explicit tag 0; nil for anything else.
  static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    guard let tag = bytes.first, let first = bytes.dropFirst().first else { return nil }
    var rest = bytes.dropFirst(2)
    var length = Int(first)
    if first & 0x80 != 0 {
      let size = Int(first & 0x7f)
      guard (1...2).contains(size), rest.count >= size else { return nil }
      length = rest.prefix(size).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(size)
    }
    guard rest.count == length else { return nil }
    switch tag {
    case 0xa0: return text(rest)
    case 0x0c, 0x16: return String(validating: rest, as: UTF8.self)
    default: return nil
    }
  }
}
