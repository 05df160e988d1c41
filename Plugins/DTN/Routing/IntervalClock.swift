// SPDX-License-Identifier: Apache-2.0

/// Milliseconds for intervals: of a clock that nobody sets, where there is one. The clock of days is set back, and stands
/// still at 0 as long as nobody knows the time.
struct IntervalClock {
  var read: (() -> UInt64)?

  /// - Parameter now: of the clock of days, which is as good where time is a script's.
  func callAsFunction(_ now: UInt64) -> UInt64 { read?() ?? now }
}
