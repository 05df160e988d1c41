// SPDX-License-Identifier: Apache-2.0

/// Reads big-endian values from bytes that somebody else owns and keeps alive.
///
/// Nothing is copied: `bytes` and `rest` point into the input. A read that fails leaves the position where it was.
public struct ByteReader {
  @usableFromInline let input: UnsafeRawBufferPointer

  @usableFromInline var offset = 0

  /// Bytes read so far.
  @inlinable public var position: Int { offset }

  /// A reader at the first byte of `input`.
  @inlinable public init(_ input: UnsafeRawBufferPointer) {
    self.input = input
  }

  /// Bytes not yet read.
  @inlinable public var remaining: Int { input.count &- position }

  /// Whether every byte has been read.
  @inlinable public var isAtEnd: Bool { remaining == 0 }

  /// One byte.
  @inlinable public mutating func u8() throws(WireError) -> UInt8 {
    try integer(UInt8.self)
  }

  /// Two bytes, big-endian.
  @inlinable public mutating func u16() throws(WireError) -> UInt16 {
    UInt16(bigEndian: try integer(UInt16.self))
  }

  /// Four bytes, big-endian.
  @inlinable public mutating func u32() throws(WireError) -> UInt32 {
    UInt32(bigEndian: try integer(UInt32.self))
  }

  /// Eight bytes, big-endian.
  @inlinable public mutating func u64() throws(WireError) -> UInt64 {
    UInt64(bigEndian: try integer(UInt64.self))
  }

  /// A variable-length integer (RFC 9000, section 16); longer forms than needed are accepted.
  @inlinable public mutating func varint() throws(WireError) -> UInt64 {
    guard remaining > 0, let base = input.baseAddress,
      let (value, length) = Varint.decode(base + position, available: remaining)
    else { throw .truncated }
    advance(by: length)
    return value
  }

  /// A variable-length integer in its shortest form; throws `overlong` for any other.
  @inlinable public mutating func shortestVarint() throws(WireError) -> UInt64 {
    let start = position
    let value = try varint()
    guard Varint.length(value) == position &- start else {
      rewind(to: start)
      throw .overlong
    }
    return value
  }

  /// The next `count` bytes, not copied.
  @inlinable public mutating func bytes(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw .truncated }
    let slice = UnsafeRawBufferPointer(rebasing: input[position..<(position &+ count)])
    advance(by: count)
    return slice
  }

  /// A varint length of at most `limit`, then that many bytes, not copied.
  @inlinable public mutating func lengthPrefixed(limit: Int) throws(WireError) -> UnsafeRawBufferPointer {
    let start = position
    let length = try varint()
    guard length <= UInt64(clamping: limit) else {
      rewind(to: start)
      throw .limit
    }
    guard length <= UInt64(remaining) else {
      rewind(to: start)
      throw .truncated
    }
    return try bytes(Int(length))
  }

  /// Everything that is left, not copied.
  @inlinable public mutating func rest() -> UnsafeRawBufferPointer {
    let slice = UnsafeRawBufferPointer(rebasing: input[position...])
    advance(by: slice.count)
    return slice
  }

  @inlinable mutating func advance(by count: Int) { offset &+= count }

  @inlinable mutating func rewind(to start: Int) { offset = start }

  @inlinable mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(WireError) -> T {
    guard remaining >= MemoryLayout<T>.size, let base = input.baseAddress else { throw .truncated }
    let value = (base + position).loadUnaligned(as: T.self)
    advance(by: MemoryLayout<T>.size)
    return value
  }
}
