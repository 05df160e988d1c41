// SPDX-License-Identifier: Apache-2.0

/// A binary heap of (time, id). An entry that has become too early does no harm: whoever pops it looks again.
struct TimerQueue {
  private var heap: [(at: UInt64, id: UInt64)] = []

  var next: UInt64 { heap.first?.at ?? .max }
  var count: Int { heap.count }

  mutating func push(_ at: UInt64, id: UInt64) {
    heap.append((at, id))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].at <= heap[child].at { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  mutating func pop(now: UInt64) -> UInt64? {
    guard let first = heap.first, first.at <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var child = 2 * parent + 1
        if child >= heap.count { break }
        if child + 1 < heap.count, heap[child + 1].at < heap[child].at { child += 1 }
        if heap[parent].at <= heap[child].at { break }
        heap.swapAt(parent, child)
        parent = child
      }
    }
    return first.id
  }
}
