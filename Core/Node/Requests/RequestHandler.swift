// SPDX-License-Identifier: Apache-2.0

/// One reply as the caller sees it. The memory is lent until the handler returns.
public struct Reply {
  /// The bytes of the reply.
  public let body: UnsafeRawBufferPointer
  /// What it costs of the peer's credit; give it to `NodeCore.release` when the request releases by hand.
  public let credit: Int
  /// The peer's end has come with it: `finished` follows.
  public let isLast: Bool
}

/// Whoever makes requests. Called on the node's thread and never from inside `NodeCore.request`; it may call the node at
/// any time. Every request has exactly one end: `finished` or `failed`.
open class RequestHandler {
  /// A handler that ignores everything.
  public init() {}

  /// One of the replies, in the order in which the peer gave them.
  open func replied(_ reply: Reply, to request: RequestReference, of node: NodeCore) {}

  /// The peer has given all its replies. The request is gone.
  open func finished(_ request: RequestReference, of node: NodeCore) {}

  /// The request has ended otherwise. It is gone.
  open func failed(_ request: RequestReference, _ failure: RequestFailure, of node: NodeCore) {}
}
