// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469, 2.4).
public struct KeyPin: Hashable, Sendable {
  /// Its 32 bytes.
  public let bytes: [UInt8]

  /// Nil for another number of bytes than 32.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Int(CQUIC_PIN_LENGTH) else { return nil }
    self.bytes = bytes
  }
}
