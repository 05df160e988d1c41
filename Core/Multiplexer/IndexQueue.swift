// SPDX-License-Identifier: Apache-2.0

/// A first-in, first-out queue of small numbers that allocates only when it grows.
struct IndexQueue {
  private var storage = [UInt32](repeating: 0, count: 8)
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var first: UInt32? { count == 0 ? nil : storage[head] }

  mutating func append(_ value: UInt32) {
    if count == storage.count {
      var bigger = [UInt32](repeating: 0, count: storage.count * 2)
      for index in 0..<count { bigger[index] = storage[(head + index) & (storage.count - 1)] }
      storage = bigger
      head = 0
    }
    storage[(head + count) & (storage.count - 1)] = value
    count += 1
  }

  @discardableResult mutating func popFirst() -> UInt32? {
    guard count > 0 else { return nil }
    let value = storage[head]
    head = (head + 1) & (storage.count - 1)
    count -= 1
    return value
  }
}
