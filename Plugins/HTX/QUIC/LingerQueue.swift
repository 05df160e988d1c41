// SPDX-License-Identifier: Apache-2.0

/// Connections that are over and whose ids are kept for late packets, in the order of their ends. Bounded: whoever opens and
/// closes connections in a row takes nobody's place.
struct LingerQueue {
  /// The most that linger.
  static let limit = 1024
  /// Those that were forgotten meanwhile stay in here until the first one is due.
  private var members: [Connection] = []
  private var head = 0
  /// Connections that linger.
  private(set) var count = 0

  /// Adds one; returns the oldest when there are too many, which is to be forgotten.
  mutating func append(_ connection: Connection) -> Connection? {
    count += 1
    members.append(connection)
    while head < members.count, !members[head].isLingering { head += 1 }
    if head > members.count / 2 {
      members.removeFirst(head)
      head = 0
    }
    return count > Self.limit && head < members.count ? members[head] : nil
  }

  /// One of them was forgotten.
  mutating func noteGone() {
    count -= 1
    if count == 0 {
      members.removeAll(keepingCapacity: true)
      head = 0
    }
  }
}
