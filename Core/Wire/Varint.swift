// SPDX-License-Identifier: Apache-2.0

/// Variable-length integers of QUIC (RFC 9000, section 16): 1, 2, 4 or 8 bytes, values below 2^62.
public enum Varint {
  /// The largest value that can be written: 2^62 - 1.
  public static let maximum: UInt64 = 0x3FFF_FFFF_FFFF_FFFF

  /// The number of bytes that `encode` writes for `value`: 1, 2, 4 or 8; 0 for a value above `maximum`.
  @inlinable public static func length(_ value: UInt64) -> Int {
    if value < 0x40 { return 1 }
    if value < 0x4000 { return 2 }
    if value < 0x4000_0000 { return 4 }
    return value <= maximum ? 8 : 0
  }

  /// Writes `value` in its shortest form and returns the number of bytes; writes nothing and returns 0 for a value
  /// above `maximum`. `destination` must have room for `length(value)` bytes.
  @inlinable public static func encode(_ value: UInt64, to destination: UnsafeMutableRawPointer) -> Int {
    switch length(value) {
    case 1:
      destination.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
      return 1
    case 2:
      destination.storeBytes(of: (UInt16(truncatingIfNeeded: value) | 0x4000).bigEndian, as: UInt16.self)
      return 2
    case 4:
      destination.storeBytes(of: (UInt32(truncatingIfNeeded: value) | 0x8000_0000).bigEndian, as: UInt32.self)
      return 4
    case 8:
      destination.storeBytes(of: (value | 0xC000_0000_0000_0000).bigEndian, as: UInt64.self)
      return 8
    default:
      return 0
    }
  }

  /// The integer at `source` and the bytes it takes; nil when fewer than that many are `available`. As in QUIC, a
  /// form longer than needed is accepted.
  @inlinable public static func decode(
    _ source: UnsafeRawPointer, available: Int
  ) -> (value: UInt64, length: Int)? {
    guard available >= 1 else { return nil }
    let first = source.load(as: UInt8.self)
    let length = 1 << Int(first >> 6)
    guard available >= length else { return nil }
    switch length {
    case 1:
      return (UInt64(first), 1)
    case 2:
      return (UInt64(UInt16(bigEndian: source.loadUnaligned(as: UInt16.self)) & 0x3FFF), 2)
    case 4:
      return (UInt64(UInt32(bigEndian: source.loadUnaligned(as: UInt32.self)) & 0x3FFF_FFFF), 4)
    default:
      return (UInt64(bigEndian: source.loadUnaligned(as: UInt64.self)) & maximum, 8)
    }
  }
}
