// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession
import MeshWire

extension NodeCore {
  /// Asks a peer. The handler hears of replies and of the end, exactly once; never from inside this call.
  public func request(
    to id: NodeID, protocol name: String, trafficClass: TrafficClass = .normal, metadata: [UInt8] = [],
    body: UnsafeRawBufferPointer, options: RequestOptions = RequestOptions(), handler: RequestHandler, now: UInt64
  ) throws(NodeError) -> RequestReference {
    throw .refused(.closed)
  }

  /// Gives a request up: its handler hears `failed` with `cancelled` before this returns, the peer learns of it.
  public func cancel(_ request: RequestReference, now: UInt64) {}

  /// No further reply is handed out until `resume`; the peer is held back when its credit is used up.
  public func pause(_ request: RequestReference) {}

  /// Replies are handed out again, those that wait before this returns.
  public func resume(_ request: RequestReference, now: UInt64) {}

  /// Returns credit of replies of a request that releases by hand. Also works, once, after the request has ended.
  public func release(_ credit: Int, of request: RequestReference, now: UInt64) {}
}
