// SPDX-License-Identifier: Apache-2.0
import CGnuTLS

/// Why a session or its credentials cannot be used.
public struct TLSFailure: Error, Sendable {
  /// The other end's certificate or key was not accepted, or ours was not by it.
  public let isAuthentication: Bool
  /// What happened, for the log.
  public let sentence: String

  init(_ sentence: String, isAuthentication: Bool = false) {
    self.sentence = sentence
    self.isAuthentication = isAuthentication
  }

  /// From a result of GnuTLS.
  init(_ code: Int32, _ operation: String) {
    let text = gnutls_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    sentence = "\(operation): \(text)"
    isAuthentication =
      code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR || code == GNUTLS_E_CERTIFICATE_ERROR
      || code == GNUTLS_E_NO_CERTIFICATE_FOUND
  }
}

/// Throws for a negative result of GnuTLS.
func check(_ code: Int32, _ operation: String) throws(TLSFailure) {
  guard code >= 0 else { throw TLSFailure(code, operation) }
}
