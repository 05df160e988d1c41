// SPDX-License-Identifier: Apache-2.0

/// Connections by when they are due: a binary heap in which each knows its place.
struct DeadlineQueue {
  private var heap: [Connection] = []

  /// The first deadline; `UInt64.max` when there is none. Asked for with every call of the host.
  private(set) var first = UInt64.max

  /// The connection that is due first.
  var next: Connection? { heap.first }

  /// Puts a connection where its new deadline belongs.
  mutating func set(_ connection: Connection, _ deadline: UInt64) {
    let before = connection.deadline
    guard connection.heapIndex < 0 || deadline != before else { return }
    defer { first = heap[0].deadline }
    connection.deadline = deadline
    if connection.heapIndex < 0 {
      connection.heapIndex = heap.count
      heap.append(connection)
      rise(heap.count - 1)
    } else if deadline < before {
      rise(connection.heapIndex)
    } else if deadline > before {
      sink(connection.heapIndex)
    }
  }

  /// Takes a connection out; nothing happens when it is not in.
  mutating func remove(_ connection: Connection) {
    let index = connection.heapIndex
    guard index >= 0 else { return }
    defer { first = heap.first?.deadline ?? .max }
    connection.heapIndex = -1
    let last = heap.removeLast()
    guard index < heap.count else { return }
    heap[index] = last
    last.heapIndex = index
    rise(index)
    sink(last.heapIndex)
  }

  private mutating func swap(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    heap[one].heapIndex = one
    heap[other].heapIndex = other
  }

  private mutating func rise(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].deadline < heap[parent].deadline else { return }
      swap(index, parent)
      index = parent
    }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      let left = 2 * index + 1
      guard left < heap.count else { return }
      let right = left + 1
      let least = right < heap.count && heap[right].deadline < heap[left].deadline ? right : left
      guard heap[least].deadline < heap[index].deadline else { return }
      swap(index, least)
      index = least
    }
  }
}
