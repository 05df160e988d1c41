// SPDX-License-Identifier: Apache-2.0

/// So many of something at once, and as many in each minute that follows.
struct RateBudget {
  /// In a minute.
  let limit: UInt64
  private var left: UInt64
  /// Up to when it was filled, milliseconds.
  private var filled: UInt64 = 0

  private static let minute: UInt64 = 60_000

  init(perMinute limit: UInt64) {
    self.limit = limit
    left = limit
  }

  /// Takes one; false when the minute's are used up.
  /// - Parameter now: milliseconds. A clock that was set back begins a new minute.
  mutating func take(now: UInt64) -> Bool {
    if now < filled || now - filled >= Self.minute {
      left = limit
      filled = now
    } else {
      let more = min(limit, (now - filled) * limit / Self.minute)
      if more > 0 {
        left = min(limit, left + more)
        filled += max(1, more * Self.minute / limit)
      }
    }
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
