// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleStore
import CMeshABI
import Testing

/// Sessions outlive links, and what is in them arrives late.
@Suite struct LinkLossTests {
  private func isAnswer(_ message: NeighbourMessage) -> Bool {
    switch message {
    case .taken, .refused: true
    default: false
    }
  }

  private func isBundle(_ message: NeighbourMessage) -> Bool { if case .bundle = message { true } else { false } }

  private func make(_ numbers: ClosedRange<UInt8>, _ routing: RoutingChoice) throws -> [AgentNode] {
    var settings = AgentSettings()
    settings.routing = routing
    return try numbers.map { try AgentNode($0, settings: settings) }
  }

  /// Four bundles are with `b` and their answers under way when the link goes, and four others when the answers come.
  @Test(arguments: [RoutingChoice.epidemic, .direct])
  func anAnswerThatComesAfterItsLinkSaysNothingOfOtherBundles(routing: RoutingChoice) throws {
    let nodes = try make(1...2, routing)
    let (a, b) = (nodes[0], nodes[1])
    let before = AgentWorld(nodes)
    before.holds = isAnswer
    for token in 1...4 as ClosedRange<UInt64> { _ = a.submit([UInt8(token)], to: b, token: token) }
    before.meet(a, b)
    before.run()
    #expect(before.held.count == 4)
    before.part(a, b, keeping: true)
    for token in 5...8 as ClosedRange<UInt64> { _ = a.submit([UInt8(token)], to: b, token: token) }
    let world = AgentWorld(nodes)
    world.holds = isBundle
    world.meet(a, b)
    world.run()
    #expect(world.held.count >= 4)
    before.release()
    #expect((5...8).allSatisfy { a.kinds(UInt64($0)).last == MESH_CARRIER_STORED }, "the other end has none of them")
    #expect(a.agent.bundleCount >= 4)
    world.release()
    world.run()
    #expect(b.arrivals.map(\.envelope).sorted { $0[0] < $1[0] } == (1...8).map { [UInt8($0)] })
    #expect((5...8).allSatisfy { a.kinds(UInt64($0)).last == MESH_CARRIER_DELIVERED })
  }

  @Test func anAnswerToAnEarlierLifeSaysNothingOfOtherBundles() throws {
    let (b, first, second) = (try AgentNode(2), try AgentNode(1), try AgentNode(1))
    _ = first.submit([1], to: b, token: 1)
    let before = AgentWorld([first, b])
    before.holds = isAnswer
    before.meet(first, b)
    before.run()
    #expect(before.held.count == 1)
    // The life of the sender ends with it; the session goes on.
    _ = second.submit([2], to: b, token: 2)
    let world = AgentWorld([second, b])
    world.holds = isBundle
    world.link(second, b)
    second.agent.came(b.key)
    world.run()
    #expect(world.held.count == 1)
    before.release(to: second)
    #expect(second.kinds(2) == [MESH_CARRIER_STORED])
    #expect(second.agent.bundleCount == 1)
  }

  /// It was told so before the link went; since then there was room, and nobody to tell it to.
  @Test func aRefusalThatComesAfterItsLinkStopsNothing() throws {
    var settings = AgentSettings()
    settings.limits.total = .init(bytes: 1 << 20, count: 1)
    let (a, b) = (try AgentNode(1), try AgentNode(2, store: BundleStore(limits: settings.limits), settings: settings))
    for token in 1...2 as ClosedRange<UInt64> { _ = a.submit([UInt8(token)], to: b, token: token) }
    let before = AgentWorld([a, b])
    before.holds = { if case .refused(_, .noResources) = $0 { true } else { false } }
    before.meet(a, b)
    before.run()
    #expect(before.held.count == 1)
    before.part(a, b, keeping: true)
    _ = b.agent.settle(try #require(b.arrivals.first).id, MESH_OK)
    before.run(2)
    let world = AgentWorld([a, b])
    world.meet(a, b)
    before.release()
    world.run()
    #expect(b.arrivals.map(\.envelope).sorted { $0[0] < $1[0] } == [[1], [2]])
  }

  /// Only one of them has seen the link go and come.
  @Test(arguments: [RoutingChoice.epidemic, .direct])
  func whoIsToldOfAnotherComingSendsAgainWhatMayHaveLostItsAnswer(routing: RoutingChoice) throws {
    let nodes = try make(1...2, routing)
    let (a, b) = (nodes[0], nodes[1])
    let world = AgentWorld(nodes)
    world.meet(a, b)
    world.run()
    world.holds = isAnswer
    _ = a.submit([1], to: b, token: 1)
    world.run()
    #expect(world.held.count == 1)
    world.holds = nil
    b.agent.went(a.key)
    b.agent.came(a.key)
    world.run()
    a.bundleTime += 11_000
    world.run()
    #expect(a.kinds(1).last == MESH_CARRIER_DELIVERED)
    #expect(b.arrivals.count == 1)
  }
}
