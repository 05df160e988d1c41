// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// This end's certificate and key, or the authorities it believes, and the application protocols it speaks.
public final class Credentials {
  let raw: OpaquePointer
  private let owner: AnyObject?
  /// The pin of this end's certificate; nil when it has none.
  public let pin: KeyPin?

  /// Where a certificate comes from.
  public enum Source {
    /// A P-256 key and a certificate for `name`, made in memory. Others know it by its pin.
    case selfMade(name: String)
    /// A certificate chain and its key, PEM files.
    case files(certificate: String, key: String)
    /// None; trusts the authorities in a PEM file, or those of the system.
    case authorities(String?)
    /// A `gnutls_certificate_credentials_t` that `owner` keeps.
    case lent(UnsafeMutableRawPointer, owner: AnyObject)
  }

  /// `protocols` are names of application protocols (RFC 7301) in order of preference, 1 to 255 bytes each, at most 32.
  public init(_ source: Source, protocols: [String]) throws(CredentialsError) {
    var error: Int32 = 0
    let made: OpaquePointer? =
      switch source {
      case .selfMade(let name): cquic_credentials_self_made(name, &error)
      case .files(let certificate, let key): cquic_credentials_files(certificate, key, &error)
      case .authorities(let path): cquic_credentials_authorities(path, &error)
      case .lent(let credentials, _): cquic_credentials_lent(credentials, &error)
      }
    guard let made else { throw CredentialsError(error) }
    raw = made
    owner = if case .lent(_, let owner) = source { owner } else { nil }
    var pin = [UInt8](repeating: 0, count: Int(CQUIC_PIN_LENGTH))
    self.pin = cquic_credentials_pin(made, &pin) == 0 ? KeyPin(pin) : nil
    var list: [UInt8] = []
    for name in protocols {
      guard (1...255).contains(name.utf8.count) else {
        throw CredentialsError(sentence: "an application protocol's name has 1 to 255 bytes")
      }
      list.append(UInt8(name.utf8.count))
      list.append(contentsOf: name.utf8)
    }
    let status = cquic_credentials_set_protocols(made, list, UInt32(list.count))
    guard status == 0 else { throw CredentialsError(status) }
  }

  deinit { cquic_credentials_free(raw) }
}

/// Why credentials cannot be used.
public struct CredentialsError: Error, Sendable {
  /// What happened, for the log.
  public let sentence: String

  init(sentence: String) { self.sentence = sentence }

  init(_ code: Int32) {
    sentence = cquic_credentials_sentence(code).map { String(cString: $0) } ?? "error \(code) of GnuTLS"
  }
}
