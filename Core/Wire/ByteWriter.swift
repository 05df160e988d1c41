// SPDX-License-Identifier: Apache-2.0

/// Writes big-endian values into memory of a fixed size that somebody else owns: no allocation.
///
/// A write that does not fit throws `WireError.limit` and leaves what was written before as it was.
public struct ByteWriter {
  @usableFromInline let output: UnsafeMutableRawBufferPointer

  @usableFromInline var offset = 0

  /// Bytes written so far.
  @inlinable public var position: Int { offset }

  /// A writer at the first byte of `output`.
  @inlinable public init(_ output: UnsafeMutableRawBufferPointer) {
    self.output = output
  }

  /// Bytes that still fit.
  @inlinable public var remaining: Int { output.count &- position }

  /// What was written.
  @inlinable public var written: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<position])
  }

  /// One byte.
  @inlinable public mutating func u8(_ value: UInt8) throws(WireError) { try integer(value) }

  /// Two bytes, big-endian.
  @inlinable public mutating func u16(_ value: UInt16) throws(WireError) { try integer(value.bigEndian) }

  /// Four bytes, big-endian.
  @inlinable public mutating func u32(_ value: UInt32) throws(WireError) { try integer(value.bigEndian) }

  /// Eight bytes, big-endian.
  @inlinable public mutating func u64(_ value: UInt64) throws(WireError) { try integer(value.bigEndian) }

  /// A variable-length integer in its shortest form (RFC 9000, section 16); `limit` also for a value of 2^62 or more.
  @inlinable public mutating func varint(_ value: UInt64) throws(WireError) {
    let length = Varint.length(value)
    guard length > 0, length <= remaining, let base = output.baseAddress else { throw .limit }
    advance(by: Varint.encode(value, to: base + position))
  }

  /// The bytes as they are.
  @inlinable public mutating func bytes(_ source: UnsafeRawBufferPointer) throws(WireError) {
    guard source.count <= remaining else { throw .limit }
    guard let from = source.baseAddress, let base = output.baseAddress else { return }
    (base + position).copyMemory(from: from, byteCount: source.count)
    advance(by: source.count)
  }

  /// The bytes as they are.
  @inlinable public mutating func bytes(_ source: [UInt8]) throws(WireError) {
    guard source.count <= remaining else { throw .limit }
    source.withUnsafeBytes { from in
      guard let start = from.baseAddress, let base = output.baseAddress else { return }
      (base + position).copyMemory(from: start, byteCount: from.count)
    }
    advance(by: source.count)
  }

  /// `count` bytes left for the caller to fill, whose former contents stay.
  @inlinable public mutating func reserve(_ count: Int) throws(WireError) -> UnsafeMutableRawBufferPointer {
    guard count >= 0, count <= remaining else { throw .limit }
    let slice = UnsafeMutableRawBufferPointer(rebasing: output[position..<(position &+ count)])
    advance(by: count)
    return slice
  }

  @inlinable mutating func advance(by count: Int) { offset &+= count }

  @inlinable mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) throws(WireError) {
    guard remaining >= MemoryLayout<T>.size, let base = output.baseAddress else { throw .limit }
    (base + position).storeBytes(of: value, as: T.self)
    advance(by: MemoryLayout<T>.size)
  }
}
