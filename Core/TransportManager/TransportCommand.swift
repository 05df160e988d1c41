// SPDX-License-Identifier: Apache-2.0

/// What the node has to do next. Commands are to be carried out in the order in which they were given.
public enum TransportCommand: Hashable, Sendable {
  /// Open a link. The answer is `linkUp`, once both sides have confirmed the session, or `attemptFailed`.
  /// The manager keeps the deadline itself: at `deadline` it gives `.cancel` and counts the attempt as timed out.
  case dial(
    peer: PeerHandle, attempt: AttemptHandle, transport: String, instance: Int, address: String, deadline: UInt64)
  /// Give the attempt up. No answer is needed.
  case cancel(AttemptHandle)
  /// Close the link; when `after` is given only once an acknowledgement has arrived over that link.
  /// The answer is `linkDown`.
  case close(LinkHandle, reason: CloseReason, after: LinkHandle?)
  /// Frames of the traffic class go over this link from now on; nil when no link may carry the class now.
  case select(peer: PeerHandle, trafficClass: Int, link: LinkHandle?)
  /// Send something that has to be acknowledged over the suspect link.
  case probe(LinkHandle)
  /// Nothing leads to the peer. It is tried again at `retryAt` (nil: not before something changes).
  case unreachable(peer: PeerHandle, reason: UnreachableReason, text: String, retryAt: UInt64?)

  /// Why a link is closed.
  public enum CloseReason: UInt8, Hashable, Sendable {
    /// A better link does its work.
    case replaced
    /// A second link over the same transport.
    case duplicate
    /// More links than are kept.
    case surplus
    /// Nobody wants the session any more.
    case unwanted
    /// The transport is no longer in the configuration.
    case transportRemoved
    /// The peer is not known, or was removed.
    case unknownPeer
  }

  /// Why a peer cannot be reached.
  public enum UnreachableReason: UInt8, Hashable, Sendable {
    /// There is no address at all.
    case noAddress
    /// There are addresses, but no running transport claims their schemes.
    case noTransport
    /// Every path has been tried and failed.
    case everyPathFailed
    /// Every path waits, for its retry time or its breaker.
    case everyPathWaits
  }
}
