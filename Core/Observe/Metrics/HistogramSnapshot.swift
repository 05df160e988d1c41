/// A histogram's figures at one moment.
public struct HistogramSnapshot: Equatable, Sendable {
  /// What is measured.
  public var unit: Histogram.Unit
  /// How many values fell into each of the 32 buckets; not cumulative.
  public var counts: [UInt64]
  /// The sum of all values, in nanoseconds, bytes or as they were.
  public var sum: UInt64

  /// How many values there were.
  public var count: UInt64 { counts.reduce(0, &+) }

  /// The inclusive upper bound of a bucket in raw units; nil for the last one.
  public func bound(_ index: Int) -> UInt64? {
    index < Histogram.boundCount ? 1 << UInt64(unit.firstExponent + index) : nil
  }

  /// The bound below which a share (0 to 1) of the values lies, in raw units; nil without values. It is at most twice
  /// the true figure. Values over the last bound give that bound.
  public func quantile(_ share: Double) -> UInt64? {
    let total = count
    guard total > 0 else { return nil }
    let wanted = Swift.max(1, (Double(total) * Swift.min(Swift.max(share, 0), 1)).rounded(.up))
    var seen: UInt64 = 0
    for index in counts.indices {
      seen &+= counts[index]
      if Double(seen) >= wanted { return bound(index) ?? bound(Histogram.boundCount - 1) }
    }
    return bound(Histogram.boundCount - 1)
  }
}
