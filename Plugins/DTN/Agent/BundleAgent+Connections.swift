// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// Bundles over connections of convergence layers, and several ways to one node.
extension BundleAgent {
  /// Bundles can come over a connection.
  /// - Parameters:
  ///   - connection: names it until `went`; shorter than a public key.
  ///   - node: who is at the other end, as far as it says so.
  ///   - isNeighbour: whether bundles may go to it.
  ///   - isTrusted: whether it is believed to be that node, so that envelopes for it are with it when it takes them.
  public func came(_ connection: [UInt8], node: EndpointID?, isNeighbour: Bool, isTrusted: Bool) {
    precondition(!NodeEndpoint.isKey(connection))
    join(
      Neighbour(
        connection, node ?? .none, isRouted: isNeighbour && node?.routingNode != nil,
        isTrusted: isTrusted))
  }

  /// A bundle that came over a connection; the host is told by this number what becomes of it.
  public func arrived(_ bundle: [UInt8], number: UInt64, over connection: [UInt8]) {
    receive(bundle, number, from: connection)
  }

  /// What became of a bundle that was sent over a connection: nil when it was taken.
  public func answered(_ number: UInt64, _ refusal: NeighbourMessage.Refusal?, over connection: [UInt8]) {
    if let refusal { refused(number, refusal, by: connection) } else { taken(number, by: connection) }
  }

  /// A neighbour that refused for want of room can be tried again.
  public func mayHaveRoom(_ connection: [UInt8]) { neighbours[connection]?.isFull = false }

  /// The node for which the other end speaks; nil for one that may only deliver, whatever it calls itself, and for one that
  /// calls itself as a neighbour that is believed to be that node.
  func speaker(_ key: [UInt8]) -> EndpointID? {
    if NodeEndpoint.isKey(key) { return NodeEndpoint.node(key) }
    guard let neighbour = neighbours[key], neighbour.isRouted else { return nil }
    let isFree = neighbour.isTrusted || !neighbours.values.contains { $0.isTrusted && $0.node == neighbour.node }
    return isFree ? neighbour.node : nil
  }

  /// The other end as quotas know it: nobody where it may call itself anything.
  func believed(_ key: [UInt8]) -> EndpointID {
    if NodeEndpoint.isKey(key) { return NodeEndpoint.node(key) ?? .none }
    guard let neighbour = neighbours[key], neighbour.isTrusted else { return .none }
    return neighbour.node
  }

  func join(_ neighbour: Neighbour) {
    if neighbours[neighbour.key] != nil { went(neighbour.key) }
    let isNew = neighbour.isRouted && other(to: neighbour.node) == nil
    neighbours[neighbour.key] = neighbour
    guard isNew else { return }
    routing.connected(neighbour.node, now: host.bundleTime)
    if !neighbour.isSession, !talks(with: neighbour.node) { routing.staysSilent(neighbour.node) }
  }

  func leave(_ neighbour: Neighbour) {
    guard neighbour.isRouted else { return }
    guard let other = other(to: neighbour.node) else {
      return routing.disconnected(neighbour.node, now: host.bundleTime)
    }
    // Only what was under way over this one of its ways has failed.
    for transfer in neighbour.transfers.values {
      routing.failed(transfer.sequence, for: neighbour.node, now: host.bundleTime)
    }
    switch neighbour.held {
    case .bundle(let sequence, _)?: routing.failed(sequence, for: neighbour.node, now: host.bundleTime)
    case .message?: if other.held == nil { other.held = neighbour.held }
    case nil: break
    }
  }

  private func other(to node: EndpointID) -> Neighbour? {
    neighbours.values.first { $0.isRouted && $0.node == node }
  }

  /// Whether a bundle is for the routing of this node; such a one is read and not kept.
  func isRouting(_ bundle: Bundle) -> Bool { bundle.primary.destination == Self.routingEndpoint(node) }

  static func routingEndpoint(_ node: EndpointID) -> EndpointID? {
    guard NodeEndpoint.key(node) != nil, case .dtn(let part) = node else { return nil }
    return .dtn(part + "~routing")
  }

  /// Whether the routing of a node and of this one understand each other over connections.
  private func talks(with node: EndpointID) -> Bool {
    settings.otherName == nil && Self.routingEndpoint(node) != nil
  }

  /// Nodes of this mesh understand each other; to others its messages would be bundles for nobody.
  func sendRouting(_ message: [UInt8], to neighbour: Neighbour) -> Bool {
    guard talks(with: neighbour.node), let destination = Self.routingEndpoint(neighbour.node) else { return true }
    let now = host.bundleTime
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: destination, source: node, timestamp: CreationTimestamp(time: now, sequence: nextNumber(now)),
        lifetime: 60_000), payload: message)
    if now == 0 { bundle.age = 0 }
    guard protect(&bundle) else { return true }
    // No transfer has number 0: nothing depends on the answer.
    return host.transfer(.bundle(number: 0, bundle.encoded), over: neighbour.key)
  }

  /// The bytes for a node outside of the mesh: the blocks that each hop writes anew are this node's.
  func outgoing(_ sequence: UInt64, copies: UInt32?) -> [UInt8]? {
    guard var bundle = bundle(sequence), let record = record(sequence) else { return nil }
    if let copies { CopyBlock.write(copies, into: &bundle) }
    bundle.previousNode = settings.otherName?.node ?? node
    if bundle.age != nil {
      let now = host.bundleTime
      let left = record.deadline > now ? record.deadline - now : 0
      bundle.age = bundle.primary.lifetime > left ? bundle.primary.lifetime - left : 0
    }
    return bundle.encoded
  }
}
