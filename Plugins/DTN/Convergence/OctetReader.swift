// SPDX-License-Identifier: Apache-2.0

/// Reads numbers, most significant byte first, from the front of bytes that may end too early.
struct OctetReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Nil when the bytes end before the number does.
  mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    let size = Number.bitWidth / 8
    guard bytes.count - position >= size else { return nil }
    defer { position += size }
    return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  /// Nil when there are fewer.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard bytes.count - position >= count else { return nil }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }
}
