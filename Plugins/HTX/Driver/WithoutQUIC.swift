// SPDX-License-Identifier: Apache-2.0

/// The sites where UDP did not get through lately, so that dialling them again does not wait for it. Bounded; what has no
/// room is asked again.
struct WithoutQUIC {
  private var until: [String: UInt64] = [:]
  private static let capacity = 1024

  /// Whether QUIC is not worth a try.
  mutating func contains(_ site: String, now: UInt64) -> Bool {
    guard let end = until[site] else { return false }
    if end <= now { until[site] = nil }
    return end > now
  }

  /// TCP came through where QUIC did not; QUIC is tried again after `pause` nanoseconds.
  mutating func add(_ site: String, now: UInt64, pause: UInt64) {
    if until.count >= Self.capacity { until = until.filter { $0.value > now } }
    guard until.count < Self.capacity else { return }
    until[site] = now &+ pause
  }

  mutating func remove(_ site: String) { until[site] = nil }
}
