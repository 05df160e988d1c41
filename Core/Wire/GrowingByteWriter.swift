// SPDX-License-Identifier: Apache-2.0

/// The twin of `ByteWriter` that owns its bytes and grows: for the control plane, not for the data path.
public struct GrowingByteWriter: Sendable {
  /// What was written.
  public private(set) var written: [UInt8]

  /// An empty writer with room for `capacity` bytes before it grows.
  public init(capacity: Int = 64) {
    written = []
    written.reserveCapacity(capacity)
  }

  /// Bytes written so far.
  public var position: Int { written.count }

  /// One byte.
  public mutating func u8(_ value: UInt8) { written.append(value) }

  /// Two bytes, big-endian.
  public mutating func u16(_ value: UInt16) { integer(value.bigEndian) }

  /// Four bytes, big-endian.
  public mutating func u32(_ value: UInt32) { integer(value.bigEndian) }

  /// Eight bytes, big-endian.
  public mutating func u64(_ value: UInt64) { integer(value.bigEndian) }

  /// A variable-length integer in its shortest form; throws `limit` for a value of 2^62 or more.
  public mutating func varint(_ value: UInt64) throws(WireError) {
    guard value <= Varint.maximum else { throw .limit }
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { scratch in
      guard let base = scratch.baseAddress else { return }
      written.append(contentsOf: scratch[..<Varint.encode(value, to: base)])
    }
  }

  /// The bytes as they are.
  public mutating func bytes(_ source: UnsafeRawBufferPointer) { written.append(contentsOf: source) }

  /// The bytes as they are.
  public mutating func bytes(_ source: [UInt8]) { written.append(contentsOf: source) }

  /// The length as a varint, then the bytes.
  public mutating func lengthPrefixed(_ source: [UInt8]) throws(WireError) {
    try varint(UInt64(source.count))
    written.append(contentsOf: source)
  }

  private mutating func integer<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value) { written.append(contentsOf: $0) }
  }
}
