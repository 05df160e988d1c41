// SPDX-License-Identifier: Apache-2.0

/// Reads the lengths in the body of a lane: two bytes, big-endian, before each packet. A length of 0 is padding, two bytes
/// of it. Keeps one byte and nothing else, however much padding comes.
struct LaneReader {
  /// The first byte of a length that has arrived without the second.
  private var partial: UInt8?
  /// Bytes of padding since they were last counted.
  private var padding = 0

  /// Passes over padding, and moves `at` to the second byte of the next packet's length. That byte is not taken before
  /// `accept`, so that a packet for which there is no room can be asked for again.
  ///
  /// - Returns: bytes of the packet, at least 1, or nil when there are no more bytes.
  mutating func length(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int? {
    while at < bytes.count {
      guard let high = partial else {
        skipZeros(bytes, &at)
        guard at < bytes.count else { return nil }
        partial = bytes[at]
        at += 1
        continue
      }
      let length = Int(high) << 8 | Int(bytes[at])
      guard length == 0 else { return length }
      partial = nil
      at += 1
      padding &+= 2
    }
    return nil
  }

  /// Bytes of padding that were passed over since the last call.
  mutating func takePadding() -> Int {
    let count = padding
    padding = 0
    return count
  }

  /// The packet whose length was told is taken; its bytes follow.
  mutating func accept(_ at: inout Int) {
    partial = nil
    at += 1
  }

  /// Padding, eight bytes at a time.
  private mutating func skipZeros(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) {
    while bytes.count - at >= 8, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) == 0 {
      at += 8
      padding &+= 8
    }
  }
}
