// SPDX-License-Identifier: Apache-2.0

/// How many packets that answer nobody in particular go out: resets, refusals, lists of versions. A flood of nonsense
/// is worth no flood of answers.
struct AnswerBudget {
  private var start: UInt64 = 0
  private var used = 0
  private static let perSecond = 256

  /// Whether one more may go now.
  mutating func take(now: UInt64) -> Bool {
    if now &- start >= 1_000_000_000 {
      start = now
      used = 0
    }
    guard used < Self.perSecond else { return false }
    used += 1
    return true
  }
}
