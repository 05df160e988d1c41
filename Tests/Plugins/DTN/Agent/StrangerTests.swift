// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import Testing

/// Nodes that may only deliver, and call themselves what they like.
@Suite struct StrangerTests {
  private let stranger: [UInt8] = [0, 0, 0, 1]

  private func bundle(
    _ sequence: UInt64, from source: EndpointID, to destination: EndpointID, _ payload: [UInt8] = [1, 2]
  ) -> Bundle {
    Bundle(
      primary: PrimaryBlock(
        destination: destination, source: source,
        timestamp: CreationTimestamp(time: 799_999_999_000, sequence: sequence), lifetime: 3_600_000), payload: payload)
  }

  /// What the routing of a node says of bundles that are with their destination.
  private func said(_ ids: [BundleID]) throws -> [UInt8] {
    let routing = ReplicationRouting(.epidemic)
    for id in ids { routing.delivered(id, deadline: 900_000_000_000, now: 800_000_000_000) }
    routing.connected(.dtn("//x/"), now: 800_000_000_000)
    guard case .message(let bytes)? = routing.next(for: .dtn("//x/"), now: 800_000_000_000) else {
      throw BundleError(.invalid, "no message", at: 0)
    }
    return bytes
  }

  /// A node that holds a bundle of somebody for somebody, and what a peer's routing would say of it.
  private func make(_ peer: AgentNode) throws -> (node: AgentNode, lie: Bundle) {
    let node = try AgentNode(1)
    let one = bundle(1, from: .dtn("//far/x"), to: .dtn("//farther/y"))
    node.agent.came([0, 0, 0, 9], node: .dtn("//far/"), isNeighbour: true, isTrusted: true)
    node.agent.arrived(one.encoded, number: 1, over: [0, 0, 0, 9])
    _ = node.agent.turn()
    #expect(node.agent.bundleCount == 1)
    guard case .dtn(let name)? = NodeEndpoint.node(node.key), let source = NodeEndpoint.node(peer.key) else {
      throw BundleError(.invalid, "no name", at: 0)
    }
    return (node, bundle(7, from: source, to: .dtn(name + "~routing"), try said([one.id])))
  }

  @Test(arguments: [(true, false, false), (true, true, false), (false, false, false), (false, true, true)])
  func theRoutingOfAPeerIsNotSpokenByAStrangerThatCallsItselfSo(
    isPeerThere: Bool, mayExchange: Bool, isHeard: Bool
  ) throws {
    let peer = try AgentNode(2)
    let (node, lie) = try make(peer)
    if isPeerThere { node.agent.came(peer.key) }
    node.agent.came(stranger, node: NodeEndpoint.node(peer.key), isNeighbour: mayExchange, isTrusted: false)
    node.agent.arrived(lie.encoded, number: 1, over: stranger)
    _ = node.agent.turn()
    #expect(node.agent.bundleCount == (isHeard ? 0 : 1))
  }

  @Test(arguments: [true, false]) func whatAStrangerBringsIsNotFromThePeerThatItCallsItself(isPeerThere: Bool) throws {
    let (node, peer) = (try AgentNode(1), try AgentNode(2))
    if isPeerThere { node.agent.came(peer.key) }
    node.agent.came(stranger, node: NodeEndpoint.node(peer.key), isNeighbour: false, isTrusted: false)
    var brought = bundle(1, from: .dtn("//far/x"), to: .dtn("//farther/y"))
    brought.previousNode = NodeEndpoint.node(peer.key)
    node.agent.arrived(brought.encoded, number: 1, over: stranger)
    _ = node.agent.turn()
    let line = try #require(try node.agent.list(from: 0, limit: 1).first)
    #expect(node.agent.show(line.sequence)?.bundle.previousNode == nil)
    // The peer has never seen it.
    let world = AgentWorld([node, peer])
    if !isPeerThere { node.agent.came(peer.key) }
    world.link(node, peer)
    peer.agent.came(node.key)
    world.run()
    #expect(peer.agent.bundleCount == 1)
  }
}
