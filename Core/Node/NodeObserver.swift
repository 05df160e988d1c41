// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// What a node's core tells: for the log, for `why`, for events of clients. On the node's thread.
public protocol NodeObserver: AnyObject {
  /// The first link to a peer is confirmed, or the last one is gone.
  func peer(_ peer: Peer, isConnected: Bool, now: UInt64)
  /// A link was confirmed, became suspect, recovered or ended; `text` says why.
  func link(_ link: UInt64, of peer: Peer?, transport: String, event: LinkEvent, text: String, now: UInt64)
  /// The peer was restarted: byte streams and requests were cut off, messages are sent again.
  func peerRestarted(_ peer: Peer, now: UInt64)
  /// No path leads to the peer now.
  func peer(_ peer: Peer, isUnreachable text: String, retryAt: UInt64?, now: UInt64)
  /// A session was not begun, by either side: there are as many as the limit allows.
  func sessionRefused(_ peer: NodeID, limit: Int, now: UInt64)
  /// A node that is not known has proved its name and was turned away; with a limit, only as there are so many peers.
  func strangerRefused(_ id: NodeID, limit: Int?, now: UInt64)
}

/// What happened to a link.
public enum LinkEvent: String, Sendable {
  case confirmed, suspect, recovered, closed, failed
}
