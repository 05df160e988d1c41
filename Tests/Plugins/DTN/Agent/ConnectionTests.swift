// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import CMeshABI
import Testing

/// An agent and what goes over connections of convergence layers.
@Suite struct ConnectionTests {
  private let one: [UInt8] = [0, 0, 0, 1]
  private let two: [UInt8] = [0, 0, 0, 2]
  private let ship = EndpointID.dtn("//ship/")

  private func bundle(from source: String, to destination: EndpointID, _ sequence: UInt64 = 1) throws -> Bundle {
    Bundle(
      primary: PrimaryBlock(
        destination: destination, source: try EndpointID(source),
        timestamp: CreationTimestamp(time: 799_999_999_000, sequence: sequence), lifetime: 3_600_000), payload: [1, 2])
  }

  private func settle(_ node: AgentNode) { for _ in 0..<4 { _ = node.agent.turn() } }

  @Test func aBundleForANeighbourGoesOverItsConnectionAndThen() throws {
    let node = try AgentNode(1, settings: .direct)
    #expect(node.agent.send([7], to: .dtn("//ship/mail"), service: "terminal", lifetime: 60_000) == MESH_OK)
    node.agent.came(one, node: ship, isNeighbour: true, isTrusted: true)
    settle(node)
    guard case .bundle(let number, let bytes)? = node.transfers.first?.message else {
      Issue.record("nothing was sent")
      return
    }
    let sent = try Bundle(bytes)
    #expect(sent.previousNode == NodeEndpoint.node(node.key))
    #expect(node.agent.bundleCount == 1)
    node.agent.answered(number, nil, over: one)
    #expect(node.agent.bundleCount == 0)
  }

  @Test func aStrangerIsHeardAndTakenFromOnlyOnDisk() throws {
    let node = try AgentNode(1, settings: .direct)
    node.agent.came(one, node: ship, isNeighbour: false, isTrusted: false)
    let here = try #require(NodeEndpoint.node(node.key))
    guard case .dtn(let part) = here else { return }
    node.agent.arrived(try bundle(from: "dtn://ship/x", to: .dtn(part + "news")).encoded, number: 5, over: one)
    #expect(node.transfers.isEmpty)
    settle(node)
    #expect(node.transfers.map(\.message) == [.taken(number: 5)])
    _ = node.agent.send([7], to: .dtn("//ship/mail"), service: "terminal", lifetime: 60_000)
    settle(node)
    #expect(node.transfers.count == 1)
    #expect(node.agent.neighbourCount == 0)
  }

  @Test func theEndOfOneOfTwoWaysLeavesTheOther() throws {
    let node = try AgentNode(1, settings: .direct)
    node.agent.came(one, node: ship, isNeighbour: true, isTrusted: true)
    node.agent.came(two, node: ship, isNeighbour: true, isTrusted: true)
    _ = node.agent.send([7], to: .dtn("//ship/mail"), service: "terminal", lifetime: 3_600_000)
    settle(node)
    let first = try #require(node.transfers.first)
    #expect(node.transfers.count == 1)
    node.agent.went(first.connection)
    node.bundleTime += 20_000
    settle(node)
    #expect(node.transfers.count == 2)
    #expect(node.transfers.last?.connection == (first.connection == one ? two : one))
  }

  @Test func anEnvelopeIsWithItsReceiverOnlyOnTheWordOfOneThatIsTrusted() throws {
    for isTrusted in [true, false] {
      let node = try AgentNode(1, settings: .direct)
      let other = try AgentNode(2)
      #expect(node.submit([9], to: other, token: 4) == MESH_OK)
      node.agent.came(one, node: NodeEndpoint.node(other.key), isNeighbour: true, isTrusted: isTrusted)
      settle(node)
      guard case .bundle(let number, _)? = node.transfers.first?.message else {
        Issue.record("nothing was sent")
        return
      }
      node.agent.answered(number, nil, over: one)
      #expect(node.kinds(4).last == (isTrusted ? MESH_CARRIER_DELIVERED : MESH_CARRIER_FORWARDED))
      #expect(node.agent.bundleCount == (isTrusted ? 0 : 1))
    }
  }

  @Test func aBundleForNobodyIsTakenAndForgotten() throws {
    let node = try AgentNode(1)
    node.agent.came(one, node: ship, isNeighbour: true, isTrusted: true)
    node.agent.arrived(try bundle(from: "dtn://ship/x", to: .none).encoded, number: 3, over: one)
    #expect(node.transfers.map(\.message) == [.taken(number: 3)])
    #expect(node.agent.bundleCount == 0)
  }

  @Test func whatAPersonSendsIsSentOnceItIsOnDisk() throws {
    let node = try AgentNode(1, settings: .direct)
    let sequence = try node.agent.make([1], to: .dtn("//ship/mail"), service: "terminal", lifetime: 60_000).get()
    #expect(node.agent.outcome(of: sequence) == MESH_E_AGAIN)
    settle(node)
    #expect(node.agent.outcome(of: sequence) == MESH_OK)
    #expect(throws: BundleAgent.Refusal.self) {
      try node.agent.make([1], to: .dtn("//ship/mail"), service: "terminal", lifetime: 0).get()
    }
  }

  @Test func garbageIsRefused() throws {
    let node = try AgentNode(1)
    node.agent.came(one, node: nil, isNeighbour: false, isTrusted: false)
    node.agent.arrived([0x9f, 1, 2], number: 3, over: one)
    #expect(node.transfers.map(\.message) == [.refused(number: 3, .notAcceptable)])
  }

  @Test func routingMessagesTravelAsBundlesBetweenNodesOfTheMesh() throws {
    let nodes = [try AgentNode(1), try AgentNode(2)]
    for (index, node) in nodes.enumerated() {
      node.agent.came(one, node: NodeEndpoint.node(nodes[1 - index].key), isNeighbour: true, isTrusted: true)
    }
    // For a third node: only a neighbour that has told what it holds gets it.
    _ = nodes[0].agent.send([7], to: .dtn("//ship/mail"), service: "terminal", lifetime: 3_600_000)
    for _ in 0..<10 {
      for (index, node) in nodes.enumerated() {
        settle(node)
        let messages = node.transfers
        node.transfers = []
        for one in messages { carry(one, from: node, to: nodes[1 - index]) }
      }
    }
    #expect(nodes.map { $0.agent.bundleCount } == [1, 1])
    #expect(nodes[1].agent.figures.received > 1)
  }

  private func carry(
    _ transfer: (message: NeighbourMessage, connection: [UInt8]), from: AgentNode, to: AgentNode
  ) {
    switch transfer.message {
    case .bundle(let number, let bytes): to.agent.arrived(bytes, number: number, over: one)
    case .taken(let number): to.agent.answered(number, nil, over: one)
    case .refused(let number, let reason): to.agent.answered(number, reason, over: one)
    default: break
    }
  }
}

extension AgentSettings {
  fileprivate static var direct: AgentSettings {
    var settings = AgentSettings()
    settings.routing = .direct
    return settings
  }
}
