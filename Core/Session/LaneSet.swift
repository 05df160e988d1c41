// SPDX-License-Identifier: Apache-2.0

/// A set of lanes of one link, one bit each.
public struct LaneSet: OptionSet, Sendable {
  /// One bit per lane.
  public let rawValue: UInt8
  /// A set from its bits.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The set of one lane, 0 to 7.
  @inlinable public init(lane: Int) { rawValue = 1 << UInt8(truncatingIfNeeded: lane & 7) }
  /// Every lane.
  public static let all = LaneSet(rawValue: 0xff)
}
