// SPDX-License-Identifier: Apache-2.0

/// What a node has made ready for the lanes of a link and not transmitted yet: counted against their credit before it is
/// spent.
public struct PendingLanes: Sendable {
  /// Packets (from bit 40) and bytes of each lane.
  @usableFromInline var words = InlineArray<8, UInt64>(repeating: 0)

  /// The lanes with anything, one bit each.
  @usableFromInline var touched: UInt8 = 0

  /// Nothing.
  @inlinable public init() {}

  /// Counts a packet of `length` bytes on a lane from 0 to 7. A batch has less than a TiB, and less than 2^24 packets.
  @inlinable public mutating func add(lane: Int, length: Int) {
    touched |= 1 << UInt8(truncatingIfNeeded: lane & 7)
    words[lane & 7] &+= 1 << 40 | UInt64(truncatingIfNeeded: length)
  }

  func frames(_ lane: Int) -> UInt32 { UInt32(truncatingIfNeeded: words[lane] >> 40) }
  func bytes(_ lane: Int) -> UInt64 { words[lane] & (1 << 40 - 1) }
}
