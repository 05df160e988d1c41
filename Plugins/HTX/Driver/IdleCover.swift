// SPDX-License-Identifier: Apache-2.0

/// When a silent link sends padding: once after each burst of packets, and from then on to keep the path open. No wait and
/// no size is used twice.
struct IdleCover {
  /// Most bytes that keep a path open where there is no idle padding.
  private static let smallest: UInt64 = 64

  /// When `due` has something to do.
  private(set) var at: UInt64 = .max
  /// A packet has left since the wait began.
  private var hasSpoken = false
  /// The burst before has its padding.
  private var isPadded = true

  /// The link is up.
  mutating func begin(_ settings: CoverSettings, now: UInt64, using random: inout some RandomNumberGenerator) {
    at = settings.keepAlive.isOff ? .max : now &+ settings.keepAlive.draw(using: &random)
  }

  /// Whether a packet moves `at`; else it has been noted, which is all that a packet within a burst costs.
  mutating func spoke(_ settings: CoverSettings) -> Bool {
    hasSpoken = true
    return isPadded && settings.idlePadding > 0
  }

  /// A burst has begun.
  mutating func beginBurst(_ settings: CoverSettings, now: UInt64, using random: inout some RandomNumberGenerator) {
    isPadded = false
    at = now &+ settings.paddingDelay.draw(using: &random)
  }

  /// Bytes of padding to send now, 0 for none; `at` is later than `now` afterwards.
  mutating func due(_ settings: CoverSettings, now: UInt64, using random: inout some RandomNumberGenerator) -> Int {
    guard at <= now else { return 0 }
    if hasSpoken {
      // It was not silent for the whole wait.
      hasSpoken = false
      let wait = isPadded ? settings.keepAlive : settings.paddingDelay
      at = now &+ max(1, wait.draw(using: &random))
      return 0
    }
    at = settings.keepAlive.isOff ? .max : now &+ max(1, settings.keepAlive.draw(using: &random))
    if !isPadded {
      isPadded = true
      return CoverSettings.size(from: 0, to: settings.idlePadding, using: &random)
    }
    return CoverSettings.size(from: 2, to: max(Self.smallest, settings.idlePadding), using: &random)
  }
}
