// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import Testing

/// Anybody can say that a bundle has arrived.
@Suite struct GossipTests {
  /// A third node tells others that these are with their destination.
  private func lie(_ ids: [BundleID], to nodes: [AgentNode], by liar: AgentNode) throws {
    let routing = ReplicationRouting(.epidemic)
    for id in ids { routing.delivered(id, deadline: 900_000_000_000, now: 800_000_000_000) }
    routing.connected(.dtn("//x/"), now: 800_000_000_000)
    guard case .message(let bytes)? = routing.next(for: .dtn("//x/"), now: 800_000_000_000) else {
      Issue.record("no message")
      return
    }
    for node in nodes {
      node.agent.came(liar.key)
      node.hear(NeighbourMessage.routing(bytes).encoded, from: liar)
    }
  }

  private func settle(_ node: AgentNode) { for _ in 0..<4 { _ = node.agent.turn() } }

  @Test(
    arguments: [RoutingChoice.epidemic, .sprayAndWait(copies: 4), .prophet],
    [(true, false), (false, true), (true, true)])
  func anEnvelopeGoesToItsDestinationWhateverOthersSay(
    routing: RoutingChoice, whoHears: (sender: Bool, destination: Bool)
  ) throws {
    var settings = AgentSettings()
    settings.routing = routing
    let (a, b) = (try AgentNode(1, settings: settings), try AgentNode(2, settings: settings))
    _ = a.submit([5], to: b, token: 1)
    settle(a)
    let id = try #require(try a.agent.list(from: 0, limit: 1).first).record.id
    try lie([id], to: (whoHears.sender ? [a] : []) + (whoHears.destination ? [b] : []), by: try AgentNode(9))
    #expect(a.agent.bundleCount == 1)
    let world = AgentWorld([a, b])
    world.meet(a, b)
    world.run()
    #expect(b.arrivals.map(\.envelope) == [[5]])
    #expect(a.kinds(1).last == MESH_CARRIER_DELIVERED)
    #expect(a.agent.bundleCount == 0)
  }

  /// It is heard before the disk has the bundle.
  @Test func whatIsSaidBeforeABundleIsStoredKeepsItFromNobody() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    let id = BundleID(
      source: try #require(NodeEndpoint.node(a.key)), timestamp: CreationTimestamp(time: a.bundleTime, sequence: 1))
    try lie([id], to: [a], by: try AgentNode(9))
    _ = a.submit([5], to: b, token: 1)
    let world = AgentWorld([a, b])
    world.meet(a, b)
    world.run()
    #expect(b.arrivals.map(\.envelope) == [[5]])
  }

  @Test func whatAPersonSentStaysAndIsTheFirstToMakeRoom() throws {
    var settings = AgentSettings()
    settings.limits.total = .init(bytes: 1 << 20, count: 2)
    let (a, b) = (try AgentNode(1, store: BundleStore(limits: settings.limits), settings: settings), try AgentNode(2))
    guard case .dtn(let name)? = NodeEndpoint.node(b.key) else { return }
    for number in 1...2 as ClosedRange<UInt8> {
      #expect(a.agent.send([number], to: .dtn(name + "mail"), service: "terminal", lifetime: 3_600_000) == MESH_OK)
    }
    settle(a)
    let ids = try a.agent.list(from: 0, limit: 2).map(\.record.id)
    try lie([ids[0]], to: [a], by: try AgentNode(9))
    try lie([ids[0]], to: [a], by: try AgentNode(8))
    #expect(a.agent.bundleCount == 2)
    #expect(a.agent.send([3], to: .dtn(name + "mail"), service: "terminal", lifetime: 3_600_000) == MESH_OK)
    #expect(a.agent.send([4], to: .dtn(name + "mail"), service: "terminal", lifetime: 3_600_000) == MESH_E_LIMIT)
    settle(a)
    #expect(try a.agent.list(from: 0, limit: 9).map(\.record.id).contains(ids[0]) == false)
  }

  @Test func whatAPersonSentGoesToItsDestinationWhateverOthersSay() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    guard case .dtn(let name)? = NodeEndpoint.node(b.key) else { return }
    #expect(a.agent.send([7], to: .dtn(name + "mail"), service: "terminal", lifetime: 3_600_000) == MESH_OK)
    settle(a)
    try lie(try a.agent.list(from: 0, limit: 2).map(\.record.id), to: [a, b], by: try AgentNode(9))
    let world = AgentWorld([a, b])
    world.meet(a, b)
    world.run()
    #expect(b.agent.waiting(for: "mail", limit: 9).count == 1)
    #expect(a.agent.bundleCount == 0)
  }
}
