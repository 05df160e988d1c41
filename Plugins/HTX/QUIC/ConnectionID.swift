// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// A connection id of up to 20 bytes (RFC 9000, 17.2), as a key of a table.
public struct ConnectionID: Hashable, Sendable {
  /// Bytes, 0 to 20.
  public let count: Int
  private let first: UInt64
  private let second: UInt64
  private let third: UInt32

  /// Copies `bytes`; nil when there are more than 20.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count <= Int(CQUIC_ID_MAXIMUM) else { return nil }
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      switch index {
      case 0..<8: first = first << 8 | UInt64(byte)
      case 8..<16: second = second << 8 | UInt64(byte)
      default: third = third << 8 | UInt32(byte)
      }
    }
    count = bytes.count
    self.first = first
    self.second = second
    self.third = third
  }

  /// An id that this end made: eight bytes, as one number.
  static func own(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)
  }
}
