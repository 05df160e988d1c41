// SPDX-License-Identifier: Apache-2.0

/// Tells from the last waits of a loop whether it pays to look for events before the next sleep: whether the wait will
/// be over before a processor that went to sleep would have woken up.
///
/// It begins after some short sleeps and goes on while looking finds something. A look in vain takes back two that found
/// something, and doubles the sleeps that are needed to begin anew; one in which somebody else had the processor for long
/// makes them eight times as many. Where looking does not help next to none is left.
struct WaitForecast: Equatable, Sendable {
  /// A look is no longer than this, nanoseconds: what a sleep and the wake-up of a processor cost together.
  static let look: UInt64 = 50_000
  /// Sleeps that an event ended within this, nanoseconds, may be replaced by a look: the wake-ups of both ends are in them.
  static let shortSleep: UInt64 = 80_000
  /// Short sleeps before the first look, and the most that vain looks raise it to. A sleep that is not short takes back as
  /// many as the first.
  static let run: ClosedRange<UInt32> = 8...4096
  /// A look that lasted longer than this, nanoseconds, gave the processor away to somebody who does not give it back soon.
  static let crowded: UInt64 = 200_000

  /// Short sleeps, less what others took back.
  private(set) var shortSleeps: UInt32 = 0
  /// So many of them make it look.
  private(set) var needed = Self.run.lowerBound
  /// Looks while above zero.
  private var trust: UInt32 = 0

  private static let trustAtFirst: UInt32 = 2
  private static let trustAtMost: UInt32 = 4

  /// Whether to look for events before the next sleep.
  var isLooking: Bool { trust > 0 }

  /// The loop slept without looking, `nanoseconds` long; `hasEvents` says that an event ended it and no deadline.
  mutating func slept(_ nanoseconds: UInt64, hasEvents: Bool) {
    guard hasEvents, nanoseconds <= Self.shortSleep else {
      shortSleeps -= min(shortSleeps, Self.run.lowerBound)
      return
    }
    shortSleeps += 1
    guard shortSleeps >= needed else { return }
    shortSleeps = 0
    trust = Self.trustAtFirst
  }

  /// The loop looked for `nanoseconds`; `hasEvents` says that there was something.
  mutating func looked(_ nanoseconds: UInt64, hasEvents: Bool) {
    if hasEvents, nanoseconds <= Self.shortSleep {
      trust = min(trust + 1, Self.trustAtMost)
      needed = max(needed - 1, Self.run.lowerBound)
    } else if nanoseconds > Self.crowded {
      trust = 0
      needed = min(needed * 8, Self.run.upperBound)
    } else {
      trust -= min(trust, 2)
      needed = min(needed * 2, Self.run.upperBound)
    }
  }
}
