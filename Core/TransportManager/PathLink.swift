// SPDX-License-Identifier: Apache-2.0

/// One link of a peer.
struct PathLink {
  enum State {
    case up
    case suspect
    case closing
  }

  let handle: LinkHandle
  let transport: String
  let address: String
  let isIncoming: Bool
  var capabilities: PathCapabilities
  let upAt: UInt64
  var state = State.up
  var rtt: UInt64?
  /// Until then it does not take over from a link that works.
  var probationUntil: UInt64 = 0
  var suspicions = 0
  var lastProbe: UInt64 = 0
  var countedStable = false
}

/// One attempt in flight.
struct PathAttempt {
  let handle: AttemptHandle
  let transport: String
  let address: String
  let tier: Tier
  let startedAt: UInt64
  let deadline: UInt64
  /// It spends one of the half-open probes of the breaker.
  let isHalfOpenProbe: Bool
}
