// SPDX-License-Identifier: Apache-2.0

/// Reads big-endian numbers and lists behind their lengths (RFC 8446, 3); every method says nil when bytes are missing.
struct HelloReader {
  private(set) var rest: UnsafeRawBufferPointer.SubSequence

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8? { rest.popFirst() }

  mutating func number() -> UInt16? {
    guard rest.count >= 2, let high = byte(), let low = byte() else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }

  mutating func skip(_ count: Int) -> Bool {
    guard rest.count >= count else { return false }
    rest = rest.dropFirst(count)
    return true
  }

  mutating func list(lengthBytes: Int) -> HelloReader? {
    guard let length = lengthBytes == 1 ? byte().map(Int.init) : number().map(Int.init), rest.count >= length else {
      return nil
    }
    let content = rest.prefix(length)
    rest = rest.dropFirst(length)
    return HelloReader(UnsafeRawBufferPointer(rebasing: content))
  }

  /// All of it as numbers of two bytes; nil when one is cut.
  func numbers() -> [UInt16]? {
    var copy = self
    var all: [UInt16] = []
    while !copy.isAtEnd {
      guard let number = copy.number() else { return nil }
      all.append(number)
    }
    return all
  }
}
