// SPDX-License-Identifier: Apache-2.0

/// Bundles by deadline, the earliest first. What has gone meanwhile stays until it comes up or `sweep` drops it.
struct DeadlineHeap {
  struct Item {
    var deadline: UInt64
    var sequence: UInt64
  }

  private(set) var items: [Item] = []

  var first: Item? { items.first }

  mutating func reserve(_ count: Int) { items.reserveCapacity(count) }

  mutating func push(_ item: Item) {
    items.append(item)
    var at = items.count - 1
    while at > 0, items[(at - 1) / 2].deadline > item.deadline {
      items[at] = items[(at - 1) / 2]
      at = (at - 1) / 2
    }
    items[at] = item
  }

  mutating func pop() -> Item? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if !items.isEmpty { sink(last, from: 0) }
    return first
  }

  private mutating func sink(_ item: Item, from start: Int) {
    var at = start
    while true {
      var child = at * 2 + 1
      guard child < items.count else { break }
      if child + 1 < items.count, items[child + 1].deadline < items[child].deadline { child += 1 }
      guard items[child].deadline < item.deadline else { break }
      items[at] = items[child]
      at = child
    }
    items[at] = item
  }

  /// Drops what is not alive once that is more than half.
  mutating func sweep(alive: Int, isAlive: (Item) -> Bool) {
    guard items.count > 1024, items.count > alive * 2 else { return }
    items.removeAll { !isAlive($0) }
    for at in stride(from: items.count / 2 - 1, through: 0, by: -1) { sink(items[at], from: at) }
  }
}
