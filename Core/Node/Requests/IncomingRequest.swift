// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// A request as its server sees it. The memory is lent until the server returns.
public struct IncomingRequest {
  /// For the answer.
  public let reference: ServedRequestReference
  /// Who asks.
  public let peer: Peer
  /// The protocol.
  public let name: String
  /// The class it came in; replies travel in it too.
  public let trafficClass: TrafficClass
  /// Small data of the protocol's own, at most 4 KiB.
  public let metadata: [UInt8]
  /// The bytes of the request.
  public let body: UnsafeRawBufferPointer
  /// Nanoseconds that were left of its deadline when it arrived, or nil when it has none.
  public let remaining: UInt64?
  /// Sixteen bytes by which a repetition is recognised, or nil when the caller does not repeat it.
  public let idempotencyKey: UnsafeRawBufferPointer?
  /// A request with this key has been handed out before, and its replies are not known any more.
  public let isRepeated: Bool
}
