// SPDX-License-Identifier: Apache-2.0

/// At most one deadline for each id, the earliest at hand: a binary heap that knows where every id stands.
///
/// Setting, moving and removing cost O(log n). Equal times come in the order of their ids, so that a run can be
/// repeated.
public struct DeadlineHeap: Sendable {
  private var heap: [(at: UInt64, id: UInt64)] = []
  private var places = HeapPlaces()

  /// A heap without deadlines.
  public init() {}

  /// How many ids have a deadline.
  public var count: Int { heap.count }

  /// The earliest deadline, or `UInt64.max` when there is none.
  public var next: UInt64 { heap.first?.at ?? .max }

  /// The deadline of an id, or nil.
  public func deadline(of id: UInt64) -> UInt64? { places[id].map { heap[$0].at } }

  /// Gives an id a deadline or moves the one it has; `UInt64.max` removes it.
  public mutating func set(_ id: UInt64, at time: UInt64) {
    guard time != .max else { return remove(id) }
    if let place = places[id] {
      heap[place].at = time
      sink(rise(place))
    } else {
      heap.append((time, id))
      places[id] = heap.count - 1
      rise(heap.count - 1)
    }
  }

  /// Takes an id's deadline away.
  public mutating func remove(_ id: UInt64) {
    guard let place = places[id] else { return }
    places[id] = nil
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.id] = place
    sink(rise(place))
  }

  /// Takes the id whose deadline is earliest, if it has come by `now`.
  public mutating func pop(now: UInt64) -> UInt64? {
    guard let first = heap.first, first.at <= now else { return nil }
    remove(first.id)
    return first.id
  }

  @discardableResult private mutating func rise(_ place: Int) -> Int {
    var child = place
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(child, parent) else { break }
      swap(child, parent)
      child = parent
    }
    return child
  }

  private mutating func sink(_ place: Int) {
    var parent = place
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, precedes(child + 1, child) { child += 1 }
      guard precedes(child, parent) else { return }
      swap(child, parent)
      parent = child
    }
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    heap.swapAt(left, right)
    places[heap[left].id] = left
    places[heap[right].id] = right
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].at, heap[left].id) < (heap[right].at, heap[right].id)
  }
}
