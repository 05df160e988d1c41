import Synchronization

/// A figure that only grows. Any thread may add; one addition is one atomic instruction.
public final class Counter: Sendable {
  @usableFromInline let cell = Atomic<UInt64>(0)

  init() {}

  /// Adds to the figure; it wraps at 2^64.
  @inlinable public func add(_ amount: UInt64 = 1) {
    cell.wrappingAdd(amount, ordering: .relaxed)
  }

  /// The figure now.
  public var value: UInt64 { cell.load(ordering: .relaxed) }
}
