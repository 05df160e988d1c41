// SPDX-License-Identifier: Apache-2.0

/// Smoothed round-trip time, RFC 9002 section 5. Nanoseconds.
struct RoundTripEstimator {
  private(set) var latest: UInt64 = 0
  private(set) var smoothed: UInt64
  private(set) var variation: UInt64
  private(set) var minimum: UInt64 = .max
  /// False until the first sample: until then `smoothed` is a guess.
  private(set) var measured = false

  /// Longer round trips are taken as this.
  static let limit: UInt64 = 60_000_000_000

  /// RFC 9002 section 6.2.2: 333 ms until measured.
  init(initial: UInt64 = 333_000_000) {
    smoothed = initial
    variation = initial / 2
  }

  /// - Parameter acknowledgementDelay: how long the peer says it held the acknowledgement back.
  mutating func sample(_ sample: UInt64, acknowledgementDelay: UInt64) {
    // A clock that jumped, as after a sleep, says nothing about the path.
    let time = min(sample, Self.limit)
    latest = time
    minimum = min(minimum, time)
    guard measured else {
      measured = true
      smoothed = time
      variation = time / 2
      return
    }
    let adjusted = time >= minimum + acknowledgementDelay ? time - acknowledgementDelay : time
    let difference = smoothed > adjusted ? smoothed - adjusted : adjusted - smoothed
    variation = (3 * variation + difference) / 4
    smoothed = (7 * smoothed + adjusted) / 8
  }

  /// RFC 9002 section 6.2.1, without back-off.
  func probeTimeout(maximumDelay: UInt64) -> UInt64 { smoothed + max(4 * variation, 1_000_000) + maximumDelay }
}
