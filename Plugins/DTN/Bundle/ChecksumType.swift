// SPDX-License-Identifier: Apache-2.0
import CChecksum

/// The checksum of a block (RFC 9171 section 4.2.1).
public enum ChecksumType: UInt64, Sendable {
  case none = 0
  /// CRC-16/X-25.
  case crc16 = 1
  /// CRC-32C (Castagnoli).
  case crc32c = 2

  /// Bytes of its value.
  public var size: Int {
    switch self {
    case .none: 0
    case .crc16: 2
    case .crc32c: 4
    }
  }

  /// The checksum of `bytes`, in which its own place holds zeros.
  public func compute(_ bytes: UnsafeRawBufferPointer) -> UInt32 { finish(update(start, bytes)) }

  var start: UInt32 { self == .crc16 ? 0xffff : 0xffff_ffff }

  func update(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    switch self {
    case .none: state
    case .crc16: CRC16.update(state, bytes)
    case .crc32c: CRC32C.update(state, bytes)
    }
  }

  func finish(_ state: UInt32) -> UInt32 {
    switch self {
    case .none: 0
    case .crc16: ~state & 0xffff
    case .crc32c: ~state
    }
  }
}

/// CRC-16/X-25: polynomial 0x1021 reflected, all ones before and after.
enum CRC16 {
  private static let table: [UInt16] = (0..<256).map { index in
    (0..<8).reduce(UInt16(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x8408 : value >> 1 }
  }

  static func update(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var value = UInt16(truncatingIfNeeded: state)
      for byte in bytes { value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] }
      return UInt32(value)
    }
  }
}

/// CRC-32C: polynomial 0x1edc6f41 reflected, all ones before and after; eight bytes a step.
enum CRC32C {
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      tables[index] = (0..<8).reduce(UInt32(index)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
      }
    }
    for row in 1..<8 {
      for index in 0..<256 {
        let before = tables[(row - 1) * 256 + index]
        tables[row * 256 + index] = before >> 8 ^ tables[Int(before & 0xff)]
      }
    }
    return tables
  }()

  private static let hasInstruction = cchecksum_has_crc32c() != 0

  static func update(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    hasInstruction ? cchecksum_crc32c(state, bytes.baseAddress, bytes.count) : updateByTables(state, bytes)
  }

  /// Where the processor has no instruction for it.
  static func updateByTables(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { table in
      var value = state
      var at = 0
      while at + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(value)
        value = 0
        for row in 0..<8 {
          value ^= table[(7 - row) * 256 + Int(truncatingIfNeeded: word >> UInt64(row * 8) & 0xff)]
        }
        at += 8
      }
      while at < bytes.count {
        value = value >> 8 ^ table[Int((value ^ UInt32(bytes[at])) & 0xff)]
        at += 1
      }
      return value
    }
  }
}
