// SPDX-License-Identifier: Apache-2.0

/// Bytes that can be checked at the other end: every one depends on the stream and its place.
enum Payload {
  static func byte(_ stream: UInt64, _ offset: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: (offset &* 0x9e37_79b9 &+ stream &* 0x85eb_ca6b) >> 7)
  }

  /// A message: number (8 bytes), then bytes that follow from it.
  static func message(_ flow: UInt64, number: UInt64, size: Int) -> [UInt8] {
    var bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
    bytes.reserveCapacity(max(size, 8))
    while bytes.count < size { bytes.append(byte(flow &+ number, UInt64(bytes.count))) }
    return bytes
  }

  /// The number of an undamaged message, or nil.
  static func number(of bytes: UnsafeRawBufferPointer, flow: UInt64) -> UInt64? {
    guard bytes.count >= 8 else { return nil }
    let number = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
    for index in 8..<bytes.count where bytes[index] != byte(flow &+ number, UInt64(index)) { return nil }
    return number
  }
}
