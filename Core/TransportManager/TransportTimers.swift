// SPDX-License-Identifier: Apache-2.0

/// Every duration and threshold of the transport manager, nanoseconds unless said otherwise.
/// The reasons stand in `docs/core-developer/transport-manager.md`.
public struct TransportTimers: Hashable, Sendable {
  /// Smallest distance between two starts inside a group.
  public var staggerFloor: UInt64 = 30_000_000
  /// Largest distance between two starts inside a group; taken when no RTT is known.
  public var staggerCeiling: UInt64 = 250_000_000
  /// How long a group runs alone before the next one starts beside it.
  public var groupHeadStart: UInt64 = 1_000_000_000
  /// How long a sighting of the peer makes its path start at once.
  public var seenFresh: UInt64 = 60_000_000_000

  /// How long the side whose dials lose leaves a surplus link in peace, so that the other side decides first.
  public var pruneGrace: UInt64 = 2_000_000_000

  /// First wait before the same path is dialled again; doubles with each failure in a row.
  public var retryBase: UInt64 = 1_000_000_000
  /// Longest such wait.
  public var retryLimit: UInt64 = 60_000_000_000
  /// First wait after a failure of class auth; doubles.
  public var authRetryBase: UInt64 = 300_000_000_000
  /// Longest wait after failures of class auth.
  public var authRetryLimit: UInt64 = 3_600_000_000_000
  /// First wait after the peer's access list had not this node; doubles.
  public var admissionRetryBase: UInt64 = 5_000_000_000
  /// Longest such wait.
  public var admissionRetryLimit: UInt64 = 300_000_000_000
  /// Wait after a failure of class config or unsupported: nothing changes until somebody changes something.
  public var hopelessRetry: UInt64 = 3_600_000_000_000

  /// A refused path is not tried first for this long.
  public var rememberRefused: UInt64 = 30_000_000_000
  /// A path that timed out is not tried first for this long; doubles with each time in a row.
  public var rememberTimedOut: UInt64 = 3_600_000_000_000
  /// The limit of that doubling.
  public var rememberTimedOutLimit: UInt64 = 14_400_000_000_000
  /// A path whose handshake failed is not tried first for this long.
  public var rememberHandshake: UInt64 = 120_000_000_000
  /// A path whose link died young is not tried first for this long.
  public var rememberDied: UInt64 = 10_000_000_000
  /// A path that was suspect is not tried first for this long.
  public var rememberSuspect: UInt64 = 10_000_000_000

  /// Failures in a row that open the breaker of a transport to a peer; a count.
  public var breakerThreshold = 5
  /// How long it stays open, times the number of times it has opened.
  public var breakerOpen: UInt64 = 60_000_000_000
  /// The largest multiple; a count.
  public var breakerOpenLimit: UInt64 = 5
  /// Largest deviation by jitter, in thousandths of the duration.
  public var jitterPermille: UInt64 = 150

  /// A link that lived this long counts as a success; a younger death is one more failure in a row.
  public var stableAfter: UInt64 = 10_000_000_000
  /// The first look for a better or a standby path after a peer has been connected.
  public var maintenanceFirst: UInt64 = 1_000_000_000
  /// The wait before the next look; doubles.
  public var maintenanceBase: UInt64 = 15_000_000_000
  /// The limit of that doubling.
  public var maintenanceLimit: UInt64 = 300_000_000_000

  /// A path in the same group has to be faster by this much.
  public var hysteresis: UInt64 = 10_000_000
  /// And by this much, in hundredths of the present RTT.
  public var hysteresisPercent: UInt64 = 20
  /// Shortest time between two switches for RTT's sake.
  public var rttSwitchDwell: UInt64 = 5_000_000_000
  /// A path that died young must stay up this long before it takes over; doubles with each young death.
  public var probation: UInt64 = 10_000_000_000
  /// The limit of that doubling.
  public var probationLimit: UInt64 = 300_000_000_000
  /// The wait between two probes of the only, suspect link.
  public var probeInterval: UInt64 = 1_000_000_000

  /// The defaults.
  public init() {}
}
