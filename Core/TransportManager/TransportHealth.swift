// SPDX-License-Identifier: Apache-2.0

/// The circuit breaker of one transport to one peer, and how its links have died.
struct TransportHealth {
  /// Attempts that an open breaker lets through when its time is over, before it opens again.
  static let halfOpenProbes = 2

  var failures = 0
  var timesOpened: UInt64 = 0
  var openUntil: UInt64?
  var probesLeft = 0
  var youngDeaths = 0

  mutating func open(until: UInt64) {
    timesOpened += 1
    openUntil = until
    probesLeft = Self.halfOpenProbes
  }
}

/// What timeouts at several peers say about a transport in the present network.
struct TransportMemory {
  static let peersRemembered = 8

  /// Peers that were reached another way while this transport timed out.
  var witnesses: [PeerHandle] = []
  var until: UInt64 = 0
  var times = 0
}
