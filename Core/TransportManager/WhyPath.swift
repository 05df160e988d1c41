// SPDX-License-Identifier: Apache-2.0

/// One path of a `WhyReport`.
public struct WhyPath: Hashable, Sendable {
  /// Where the path stands.
  public enum State: Hashable, Sendable {
    /// Carries traffic.
    case active(LinkHandle)
    /// Up and ready to take over.
    case standby(LinkHandle)
    /// Up, but makes no progress.
    case suspect(LinkHandle)
    /// Up, and closed as soon as its frames are acknowledged elsewhere.
    case closing(LinkHandle)
    /// Being dialled, until the deadline.
    case dialing(since: UInt64, deadline: UInt64)
    /// Next in line, or not needed now.
    case ready
    /// Not dialled before the time.
    case waiting(until: UInt64)
    /// The breaker of the transport to this peer is open.
    case breakerOpen(until: UInt64)
    /// May be dialled, but behind the others, because of what is remembered about it.
    case remembered(PathFailure.Stage, until: UInt64)
    /// The transport does not run, or the configuration bars every class from it.
    case unavailable
  }

  /// What the path did last.
  public struct Outcome: Hashable, Sendable {
    /// When.
    public var at: UInt64
    /// How long it took: the attempt, or the life of the link that died.
    public var took: UInt64
    /// What went wrong; nil when a link came up.
    public var failure: PathFailure?
  }

  /// The transport's name.
  public var transport: String
  /// The address; empty for a link that came in from an address that is not known.
  public var address: String
  /// Where the address came from; nil for a link that came in.
  public var source: PeerAddress.Source?
  /// The priority group.
  public var priorityGroup: Int
  /// Where the path stands.
  public var state: State
  /// What it did last; nil when it was never tried.
  public var last: Outcome?
  /// The last known smoothed round trip.
  public var rtt: UInt64?
  /// Failures in a row.
  public var failures: Int
  /// Why it stands where it stands, as a sentence.
  public var reason: String
}
