// SPDX-License-Identifier: Apache-2.0

/// Connections that have something to send, first come, first served.
struct ReadyQueue {
  private var items: [Connection] = []
  private var head = 0

  var isEmpty: Bool { head == items.count }
  var count: Int { items.count - head }

  mutating func append(_ connection: Connection) { items.append(connection) }

  /// Takes `connection` out where it is the one that came last; false where it is not.
  mutating func remove(last connection: Connection) -> Bool {
    guard head < items.count, items.last === connection else { return false }
    items.removeLast()
    if head == items.count {
      items.removeAll(keepingCapacity: true)
      head = 0
    }
    return true
  }

  mutating func popFirst() -> Connection? {
    guard head < items.count else { return nil }
    let first = items[head]
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: items.count < 4096)
      head = 0
    } else if head >= 1024, head * 2 > items.count {
      items.removeFirst(head)
      head = 0
    }
    return first
  }
}
