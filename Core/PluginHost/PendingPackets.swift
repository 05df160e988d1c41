// SPDX-License-Identifier: Apache-2.0

/// What a node has made ready for a link and not transmitted yet: counted against the credit before it is spent.
public struct PendingPackets: Sendable {
  /// Packets on all lanes.
  public private(set) var frames: UInt32 = 0
  /// Bytes on all lanes.
  public private(set) var bytes: UInt64 = 0
  private(set) var laneFrames = SIMD8<UInt32>()
  private(set) var laneBytes = SIMD8<UInt32>()

  /// Nothing.
  public init() {}

  /// Counts a packet of `length` bytes on a lane from 0 to 7; a batch has less than 4 GiB.
  @inlinable
  public mutating func add(lane: Int, length: Int) { count(lane & 7, UInt32(truncatingIfNeeded: length)) }

  @usableFromInline
  mutating func count(_ lane: Int, _ length: UInt32) {
    frames &+= 1
    bytes &+= UInt64(length)
    laneFrames[lane] &+= 1
    laneBytes[lane] &+= length
  }
}
