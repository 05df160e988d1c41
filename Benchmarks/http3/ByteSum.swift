// SPDX-License-Identifier: Apache-2.0

/// A sum over the 8-byte words of a stream, however it is cut.
struct ByteSum {
  private(set) var value: UInt64 = 0
  private var partial: UInt64 = 0
  private var have = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    while have > 0, at < bytes.count { addByte(bytes[at], &at) }
    while bytes.count - at >= 8 {
      value = (value &+ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
      at += 8
    }
    while at < bytes.count { addByte(bytes[at], &at) }
  }

  private mutating func addByte(_ byte: UInt8, _ at: inout Int) {
    partial |= UInt64(byte) << UInt64(8 * have)
    have += 1
    at += 1
    guard have == 8 else { return }
    value = (value &+ partial) &* 0x9E37_79B9_7F4A_7C15
    (partial, have) = (0, 0)
  }
}
