// SPDX-License-Identifier: Apache-2.0

/// What happens when, in virtual time; equal times in the order in which they were scheduled.
struct EventQueue {
  private var heap: [(at: UInt64, order: UInt64, action: () -> Void)] = []
  private var order: UInt64 = 0

  var nextTime: UInt64? { heap.first?.at }

  mutating func schedule(at time: UInt64, _ action: @escaping () -> Void) {
    order += 1
    heap.append((time, order, action))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if precedes(parent, child) { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  mutating func pop() -> (at: UInt64, action: () -> Void)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var child = 2 * parent + 1
        if child >= heap.count { break }
        if child + 1 < heap.count, precedes(child + 1, child) { child += 1 }
        if precedes(parent, child) { break }
        heap.swapAt(parent, child)
        parent = child
      }
    }
    return (first.at, first.action)
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].at, heap[left].order) < (heap[right].at, heap[right].order)
  }
}
