// SPDX-License-Identifier: Apache-2.0

/// Names a timer until it fires or is cancelled; afterwards the value names nothing.
public struct TimerID: Hashable, Sendable {
  let slot: UInt32
  let generation: UInt32
}

/// A binary heap of deadlines with a table of slots beside it, so that any timer can be cancelled in O(log n).
struct TimerHeap {
  struct Slot {
    var generation: UInt32 = 1
    var position: Int32 = -1
    var token: UInt64 = 0
    var handler: EventHandler?
  }

  struct Entry {
    var deadline: UInt64
    var order: UInt64
    var slot: UInt32

    /// Equal deadlines fire in the order in which they were set.
    func isBefore(_ other: Entry) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : order < other.order
    }
  }

  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var free: [UInt32] = []
  private var order: UInt64 = 0

  var count: Int { heap.count }
  var earliest: UInt64? { heap.isEmpty ? nil : heap[0].deadline }

  mutating func add(deadline: UInt64, token: UInt64, handler: EventHandler) -> TimerID {
    let slot: UInt32
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = UInt32(truncatingIfNeeded: slots.count)
      slots.append(Slot())
    }
    order &+= 1
    slots[Int(slot)].token = token
    slots[Int(slot)].handler = handler
    heap.append(Entry(deadline: deadline, order: order, slot: slot))
    slots[Int(slot)].position = Int32(truncatingIfNeeded: heap.count - 1)
    rise(heap.count - 1)
    return TimerID(slot: slot, generation: slots[Int(slot)].generation)
  }

  /// False when the timer has fired or was cancelled before.
  mutating func cancel(_ id: TimerID) -> Bool {
    guard let position = position(of: id) else { return false }
    remove(at: position)
    release(id.slot)
    return true
  }

  /// Gives a pending timer another deadline; false when it is gone.
  mutating func move(_ id: TimerID, to deadline: UInt64) -> Bool {
    guard let position = position(of: id) else { return false }
    order &+= 1
    heap[position].deadline = deadline
    heap[position].order = order
    sink(rise(position))
    return true
  }

  /// Takes the earliest timer that is due at `now`.
  mutating func popDue(_ now: UInt64) -> (handler: EventHandler, token: UInt64)? {
    guard !heap.isEmpty, heap[0].deadline <= now else { return nil }
    let first = heap[0]
    guard let handler = slots[Int(first.slot)].handler else { return nil }
    let token = slots[Int(first.slot)].token
    remove(at: 0)
    release(first.slot)
    return (handler, token)
  }

  /// The timers of one handler.
  func ids(of handler: EventHandler) -> [TimerID] {
    heap.compactMap { entry in
      let slot = slots[Int(entry.slot)]
      return slot.handler === handler ? TimerID(slot: entry.slot, generation: slot.generation) : nil
    }
  }

  private func position(of id: TimerID) -> Int? {
    guard Int(id.slot) < slots.count, slots[Int(id.slot)].generation == id.generation else { return nil }
    let position = slots[Int(id.slot)].position
    return position < 0 ? nil : Int(position)
  }

  private mutating func release(_ slot: UInt32) {
    slots[Int(slot)].generation &+= 1
    slots[Int(slot)].position = -1
    slots[Int(slot)].handler = nil
    free.append(slot)
  }

  private mutating func remove(at position: Int) {
    let last = heap.removeLast()
    guard position < heap.count else { return }
    place(last, at: position)
    sink(rise(position))
  }

  private mutating func place(_ entry: Entry, at position: Int) {
    heap[position] = entry
    slots[Int(entry.slot)].position = Int32(truncatingIfNeeded: position)
  }

  @discardableResult
  private mutating func rise(_ start: Int) -> Int {
    var position = start
    let entry = heap[position]
    while position > 0 {
      let parent = (position - 1) / 2
      guard entry.isBefore(heap[parent]) else { break }
      place(heap[parent], at: position)
      position = parent
    }
    place(entry, at: position)
    return position
  }

  private mutating func sink(_ start: Int) {
    var position = start
    let entry = heap[position]
    while true {
      var child = 2 * position + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(entry) else { break }
      place(heap[child], at: position)
      position = child
    }
    place(entry, at: position)
  }
}
