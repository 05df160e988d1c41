// SPDX-License-Identifier: Apache-2.0

/// Whoever follows what happens on a node, such as an application. On the node's thread.
///
/// A class with empty functions, so that a listener overrides what it wants to know.
open class NodeListener {
  /// A listener that ignores everything.
  public init() {}

  /// The first link to a peer is confirmed, or the last one is gone.
  open func peer(_ peer: Peer, isConnected: Bool) {}
  /// No path leads to the peer now.
  open func peer(_ peer: Peer, isUnreachable text: String) {}
  /// The peer was restarted and knows nothing of streams and requests.
  open func peerRestarted(_ peer: Peer) {}
  /// A link was confirmed, became suspect, recovered or ended; `text` says why. A link that never was a peer's has none.
  open func link(of peer: Peer?, transport: String, event: LinkEvent, text: String) {}
  /// A transport runs or not, listens or not; see its members.
  open func transportChanged(_ transport: NodeTransport) {}
}

extension Node {
  /// Tells `listener` what happens from now on.
  public func addListener(_ listener: NodeListener) { listeners.append(listener) }

  /// Tells `listener` nothing more.
  public func removeListener(_ listener: NodeListener) { listeners.removeAll { $0 === listener } }

  func tellListeners(of transport: NodeTransport) {
    for listener in listeners { listener.transportChanged(transport) }
  }
}
