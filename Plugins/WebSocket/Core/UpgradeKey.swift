// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// Sec-WebSocket-Key and Sec-WebSocket-Accept (RFC 6455, 4.1 and 4.2.2).
public enum UpgradeKey {
  private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The answer to a key.
  public static func accept(for key: String) -> String {
    Base64.encode(SHA1.digest(Array((key + suffix).utf8)))
  }

  /// True for base 64 of 16 bytes.
  public static func isValid(_ key: String) -> Bool {
    key.utf8.count == 24 && Base64.decode(key)?.count == 16
  }
}
