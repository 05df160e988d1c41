// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer

/// Serves the requests of one protocol. Called on the node's thread; it may call the node at any time.
///
/// A request that was handed out ends with `NodeCore.finish` or `refuse`, or the server hears `cancelled`.
open class RequestServer {
  /// A server that refuses everything.
  public init() {}

  /// Whether the peer may use the protocol; asked before its request is read.
  open func permits(_ peer: Peer) -> Bool { true }

  /// A request. It may be answered at once or later.
  open func received(_ request: IncomingRequest, of node: NodeCore) {
    node.refuse(request.reference, code: StreamCode.failed, now: node.now)
  }

  /// Nobody waits for the answer any more; the reference is gone.
  open func cancelled(_ request: ServedRequestReference, _ reason: RequestCancellation, of node: NodeCore) {}

  /// A reply was refused with `again`; there is room now.
  open func writable(_ request: ServedRequestReference, of node: NodeCore) {}
}

/// Why nobody waits for an answer any more.
public enum RequestCancellation: String, Sendable {
  /// The caller gave up.
  case cancelled
  /// The deadline that came with the request has passed.
  case deadline
  /// The caller's node was restarted, or the session with it has ended.
  case peerGone
}
