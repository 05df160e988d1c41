// SPDX-License-Identifier: Apache-2.0

/// Requests of one peer that wait for its room, in the order of asking.
struct WaitingRequests {
  private var entries = SlidingQueue<(wish: RequestWish, body: [UInt8])>()

  var first: (wish: RequestWish, body: [UInt8])? { entries.first }
  var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }

  mutating func append(_ wish: RequestWish, _ body: [UInt8]) { entries.append((wish, body)) }

  mutating func removeFirst() { entries.popFirst() }

  /// Takes out one that is not wanted any more.
  mutating func forget(_ id: UInt64) { remove { $0.id == id } }

  /// Takes out those whose deadline has passed.
  mutating func takeExpired(_ now: UInt64) -> [UInt64] {
    var expired: [UInt64] = []
    for index in 0..<entries.count where entries[index].wish.deadline <= now { expired.append(entries[index].wish.id) }
    if !expired.isEmpty { remove { $0.deadline <= now } }
    return expired
  }

  private mutating func remove(where isGone: (RequestWish) -> Bool) {
    var kept = SlidingQueue<(wish: RequestWish, body: [UInt8])>()
    for index in 0..<entries.count where !isGone(entries[index].wish) { kept.append(entries[index]) }
    entries = kept
  }
}
