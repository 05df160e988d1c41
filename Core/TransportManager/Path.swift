// SPDX-License-Identifier: Apache-2.0

/// One transport and one address of a peer, with what is remembered about it.
struct Path {
  let transport: String
  let address: String
  var source: PeerAddress.Source
  var lastSeen: UInt64?
  var lastStart: UInt64?
  var lastSuccess: UInt64?
  var last: WhyPath.Outcome?
  var rtt: UInt64?
  /// Failures in a row; a link that lived long enough ends the row.
  var failures = 0
  var timeouts = 0
  var authFailures = 0
  /// Times in a row that the peer's access list did not have this node.
  var admissionFailures = 0
  var retryAt: UInt64 = 0
  var remembered: PathFailure.Stage?
  var rememberedUntil: UInt64 = 0

  init(transport: String, address: String, source: PeerAddress.Source) {
    self.transport = transport
    self.address = address
    self.source = source
  }

  /// Forgets failures, as after a change of the network.
  mutating func clearMemory() {
    failures = 0
    timeouts = 0
    authFailures = 0
    admissionFailures = 0
    retryAt = 0
    remembered = nil
    rememberedUntil = 0
    lastSuccess = nil
  }

  func isRemembered(at now: UInt64) -> Bool { remembered != nil && rememberedUntil > now }

  func isSeenFresh(at now: UInt64, for duration: UInt64) -> Bool {
    guard let lastSeen else { return false }
    return now < lastSeen.saturatingAdd(duration)
  }
}

/// Where a path stands in the order: what failed lately comes after everything else, then the priority group decides.
struct Tier: Comparable {
  var isDemoted: Bool
  var group: Int

  static func < (left: Tier, right: Tier) -> Bool {
    left.isDemoted == right.isDemoted ? left.group < right.group : right.isDemoted
  }
}

extension UInt64 {
  /// A sum that stops at the largest value.
  func saturatingAdd(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The value doubled `times` times, at most `limit`.
  func doubled(_ times: Int, limit: UInt64) -> UInt64 {
    var value = self
    for _ in 0..<Swift.max(0, Swift.min(times, 63)) {
      if value >= limit / 2 { return limit }
      value *= 2
    }
    return Swift.min(value, limit)
  }

  /// A duration for people.
  var durationText: String {
    if self < 10_000_000_000 { return "\(self / 1_000_000) ms" }
    return "\(self / 1_000_000_000) s"
  }
}
