// SPDX-License-Identifier: Apache-2.0

/// How long an idempotent request waits before it is made again.
struct RetryLadder {
  /// Retries behind the first attempt.
  static let count = 5
  private static let first: UInt64 = 100_000_000

  /// Nanoseconds before retry number `retry`, from 0 on: 100, 200, 400, 800, 1600 ms, moved by up to a quarter either
  /// way so that callers do not beat in step, and never below two round trips.
  static func delay(_ retry: Int, roundTrip: UInt64, random: UInt64) -> UInt64 {
    let step = first << UInt64(min(max(retry, 0), count - 1))
    let moved = step - step / 4 + random % (step / 2 + 1)
    return max(moved, min(roundTrip, 1 << 40) * 2)
  }
}
