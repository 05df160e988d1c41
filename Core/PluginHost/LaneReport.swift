// SPDX-License-Identifier: Apache-2.0

/// What became of a lane that a plugin reports through `mesh.stream/1`.
public enum LaneReport: Hashable, Sendable {
  /// It has credit of its own from now on; the hint is a traffic class.
  case opened(trafficClass: UInt8)
  /// The answer to `openLane`: it will not be there, for this reason.
  case failed(Int32)
  /// It ended in order.
  case closed
  /// It ended early, and packets may be lost.
  case reset(Int32)

  /// Lanes below this number are those that packets of sessions can name.
  public static let lanesOfCore: UInt32 = 8
}
