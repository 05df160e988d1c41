import Synchronization

/// A figure that goes up and down. Any thread may change it.
public final class Gauge: Sendable {
  @usableFromInline let cell = Atomic<Int64>(0)

  init() {}

  /// Sets the figure.
  @inlinable public func set(_ value: Int64) {
    cell.store(value, ordering: .relaxed)
  }

  /// Adds to the figure, or takes from it; it wraps at the ends of Int64.
  @inlinable public func add(_ amount: Int64) {
    cell.wrappingAdd(amount, ordering: .relaxed)
  }

  /// The figure now.
  public var value: Int64 { cell.load(ordering: .relaxed) }
}
