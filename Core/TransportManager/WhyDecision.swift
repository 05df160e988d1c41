// SPDX-License-Identifier: Apache-2.0

/// One entry of a peer's bounded history.
public struct WhyDecision: Hashable, Sendable {
  /// What happened.
  public enum Event: UInt8, Hashable, Sendable {
    /// A link was confirmed by both sides.
    case up
    /// An attempt failed.
    case failed
    /// A link went down.
    case down
    /// A link makes no progress.
    case suspect
    /// Traffic moved to another link, or to none.
    case chosen
    /// A breaker opened.
    case breakerOpened
    /// Nothing leads to the peer.
    case unreachable
    /// The network, the policy or the addresses changed.
    case changed
  }

  /// When, the manager's nanoseconds.
  public var at: UInt64
  /// What.
  public var event: Event
  /// The sentence, with durations in it.
  public var text: String
  /// The transport that carried traffic before; nil when none did, and for events that move nothing.
  public var from: String?
  /// The transport that carries it from now on; nil when none does, and for events that move nothing.
  public var to: String?
}
