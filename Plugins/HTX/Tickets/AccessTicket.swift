// SPDX-License-Identifier: Apache-2.0
import MeshCrypto

/// The derivation of a ticket's value (Betanet 1.1, section 5.2).
enum AccessTicket {
  /// Bytes of the value.
  static let length = 32

  /// HKDF-SHA256 of the shared secret, with salt SHA-256("betanet-ticket-v1" ‖ key id ‖ hour as 8 bytes, big-endian)
  /// and no info.
  static func derive(shared: SecretBytes, key: TicketKeyID, hour: TicketHour) -> SecretBytes {
    keyed(key: key, hour: hour).derive(shared)
  }

  /// What derives the values of an hour.
  static func keyed(key: TicketKeyID, hour: TicketHour) -> HKDFSalt {
    salt(key: key, hour: hour).withUnsafeBytes { HKDFSalt($0) }
  }

  static func salt(key: TicketKeyID, hour: TicketHour) -> [UInt8] {
    let number = withUnsafeBytes(of: hour.number.bigEndian) { Array($0) }
    return SHA256.hash(Array("betanet-ticket-v1".utf8) + key.bytes + number)
  }
}
