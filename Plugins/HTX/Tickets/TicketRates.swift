// SPDX-License-Identifier: Apache-2.0

/// How often a network may show tickets: in three buckets, so that whoever shows wrong ones takes nothing from others of
/// his network who show good ones.
struct TicketRates {
  /// Values with a known key that a network may show at once, and a second: each costs a key agreement, right or wrong.
  static let attempts = 1024
  /// Values that all networks may show a second, half of them at once: an eighth of a processor.
  static let attemptsOfAll = 4096

  /// For keys that the site does not have.
  private var strangers: SourceLimiter
  /// For keys that it has, before anybody knows whether the value is right.
  private var judged: SourceLimiter
  /// For all of them together.
  private var all = SourceLimiter(burst: attemptsOfAll / 2, perSecond: Double(attemptsOfAll), capacity: 1)
  /// For right values that were not used before.
  private var admitted: SourceLimiter

  init(_ limits: TicketLimits) {
    strangers = SourceLimiter(burst: limits.burst, perSecond: limits.perSecond, capacity: limits.networks)
    judged = SourceLimiter(
      burst: max(Self.attempts, limits.burst), perSecond: max(Double(Self.attempts), limits.perSecond),
      capacity: limits.networks)
    admitted = SourceLimiter(burst: limits.burst, perSecond: limits.perSecond, capacity: limits.networks)
  }

  /// Whether the work for one more value may be done.
  mutating func mayShow(_ network: NetworkPrefix, hasKey: Bool, now: UInt64) -> Bool {
    let isOwnTurn = hasKey ? judged.take(network, now: now) : strangers.take(network, now: now)
    return isOwnTurn && all.take(.overflow, now: now)
  }

  /// Whether one more good ticket may open something.
  mutating func mayEnter(_ network: NetworkPrefix, now: UInt64) -> Bool { admitted.take(network, now: now) }
}
