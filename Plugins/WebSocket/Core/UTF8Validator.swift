// SPDX-License-Identifier: Apache-2.0

/// Checks UTF-8 (RFC 3629) piece by piece and says so at the first byte that cannot be part of it.
public struct UTF8Validator: Sendable {
  private var missing = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  /// At a boundary between characters.
  public init() {}

  /// True when the text so far does not end inside a character.
  public var isComplete: Bool { missing == 0 }

  /// Takes the next `count` bytes; false as soon as no continuation could make the text valid.
  public mutating func append(_ bytes: UnsafeRawPointer, count: Int) -> Bool {
    var at = 0
    while at < count {
      if missing == 0 {
        at = Self.skipASCII(bytes, from: at, count: count)
        if at == count { return true }
      }
      guard accept(bytes.load(fromByteOffset: at, as: UInt8.self)) else { return false }
      at &+= 1
    }
    return true
  }

  private static func skipASCII(_ bytes: UnsafeRawPointer, from start: Int, count: Int) -> Int {
    var at = start
    while at &+ 8 <= count, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
      at &+= 8
    }
    while at < count, bytes.load(fromByteOffset: at, as: UInt8.self) < 0x80 { at &+= 1 }
    return at
  }

  /// The bounds of the second byte keep out overlong forms, surrogates and what lies above U+10FFFF.
  private mutating func accept(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte >= low, byte <= high else { return false }
      missing &-= 1
      low = 0x80
      high = 0xBF
      return true
    }
    switch byte {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: missing = 1
    case 0xE0:
      missing = 2
      low = 0xA0
    case 0xED:
      missing = 2
      high = 0x9F
    case 0xE1...0xEF: missing = 2
    case 0xF0:
      missing = 3
      low = 0x90
    case 0xF1...0xF3: missing = 3
    case 0xF4:
      missing = 3
      high = 0x8F
    default: return false
    }
    return true
  }
}
