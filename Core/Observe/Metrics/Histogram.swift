import Synchronization

/// How often values of each magnitude were seen: 31 buckets whose bounds are powers of two, and one for the rest.
///
/// Any thread may record; one recording is two atomic instructions.
public final class Histogram: Sendable {
  /// What is measured, which sets bounds and the unit shown.
  public enum Unit: Sendable, Equatable {
    /// Nanoseconds; bounds from 1 µs (2^10 ns) to 18 min (2^40 ns), shown in seconds.
    case nanoseconds
    /// Bytes; bounds from 16 (2^4) to 16 GiB (2^34).
    case bytes
    /// Plain numbers; bounds from 1 to 2^30.
    case count

    /// The exponent of the first bound.
    @usableFromInline var firstExponent: Int {
      switch self {
      case .nanoseconds: 10
      case .bytes: 4
      case .count: 0
      }
    }

    /// A raw number in the unit shown.
    func shown(_ value: UInt64) -> Double {
      self == .nanoseconds ? Double(value) / 1e9 : Double(value)
    }
  }

  /// Buckets with a bound.
  public static let boundCount = 31

  /// What is measured.
  public let unit: Unit
  @usableFromInline let firstExponent: Int
  @usableFromInline let sum = Atomic<UInt64>(0)
  @usableFromInline let cells = InlineArray<32, Atomic<UInt64>> { _ in Atomic(0) }

  init(unit: Unit) {
    self.unit = unit
    firstExponent = unit.firstExponent
  }

  /// Records one value, in nanoseconds, bytes or as it is.
  @inlinable public func record(_ value: UInt64) {
    cells[index(of: value)].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(value, ordering: .relaxed)
  }

  /// The first bucket whose bound is not below the value.
  @inlinable func index(of value: UInt64) -> Int {
    let exponent = value <= 1 ? 0 : 64 - (value - 1).leadingZeroBitCount
    return min(max(exponent - firstExponent, 0), 31)
  }

  /// The figures now.
  public func snapshot() -> HistogramSnapshot {
    var counts: [UInt64] = []
    for index in 0..<32 { counts.append(cells[index].load(ordering: .relaxed)) }
    return HistogramSnapshot(unit: unit, counts: counts, sum: sum.load(ordering: .relaxed))
  }
}
