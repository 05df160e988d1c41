// SPDX-License-Identifier: Apache-2.0

/// Names a request of this node. A reference to a request that has ended does nothing.
public struct RequestReference: Hashable, Sendable {
  /// The place in the node's table.
  public let slot: UInt32
  /// Tells this request from others that had the place.
  public let generation: UInt32
}

/// Names a request that a peer has made of this node. A reference to one that has ended does nothing.
public struct ServedRequestReference: Hashable, Sendable {
  /// The place in the node's table.
  public let slot: UInt32
  /// Tells this request from others that had the place.
  public let generation: UInt32
}
