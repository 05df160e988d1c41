// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// A bundle that is to go on, as routing sees it. Times are milliseconds of the bundle epoch (2000).
public struct RoutedBundle: Sendable {
  /// Its number in the store.
  public var sequence: UInt64
  /// What tells it from all others.
  public var id: BundleID
  /// Who it is for.
  public var destination: EndpointID
  /// When it is of no use.
  public var deadline: UInt64
  /// Bytes.
  public var size: Int
  /// How urgent it is, 0 for bulk.
  public var priority: UInt8
  /// The neighbour that sent it here; nil for one of this node.
  public var previousNode: EndpointID?
  /// With spray and wait: how many copies this node may still give away, its own counted. Nil for one that was made here.
  public var copies: UInt32?
  /// Made by this node: what others say of its arrival does not keep it from its destination.
  public var isOwn: Bool

  /// A bundle; see the members.
  public init(
    sequence: UInt64, id: BundleID, destination: EndpointID, deadline: UInt64, size: Int, priority: UInt8 = 1,
    previousNode: EndpointID? = nil, copies: UInt32? = nil, isOwn: Bool = false
  ) {
    self.sequence = sequence
    self.id = id
    self.destination = destination
    self.deadline = deadline
    self.size = size
    self.priority = priority
    self.previousNode = previousNode
    self.copies = copies
    self.isOwn = isOwn
  }
}

extension EndpointID {
  /// The node, in the one form by which routing knows it, however it is written; nil for nobody.
  public var routingNode: EndpointID? {
    guard let node else { return nil }
    guard case .ipn(let allocator, let number, let service, _) = node else { return node }
    return .ipn(allocator: allocator, node: number, service: service, isShort: true)
  }
}
