// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import Testing

/// The clock of days is set, or stands still as long as nobody knows the time.
@Suite struct ClockTests {
  private static let year: UInt64 = 31_536_000_000
  private static var known: [RoutingChoice] {
    [.epidemic, .prophet, .direct, .via([.dtn("//b/")]), .sprayAndWait(copies: 4)]
  }

  private func settle(_ node: AgentNode) { for _ in 0..<4 { _ = node.agent.turn() } }

  private func refuse(_ node: AgentNode, _ reason: NeighbourMessage.Refusal) throws {
    guard case .bundle(let number, _)? = node.transfers.last?.message else {
      Issue.record("nothing was sent")
      return
    }
    node.agent.answered(number, reason, over: [0, 0, 0, 1])
  }

  /// A neighbour that does not speak the node's routing: only what is for itself goes to it.
  private func make(_ routing: RoutingChoice) throws -> AgentNode {
    var settings = AgentSettings()
    settings.routing = routing
    settings.otherName = .dtn("//a/")
    let node = try AgentNode(1, settings: settings)
    node.agent.came([0, 0, 0, 1], node: .dtn("//b/"), isNeighbour: true, isTrusted: true)
    return node
  }

  @Test(arguments: known, [NeighbourMessage.Refusal.retransmit, .notAcceptable])
  func whatFailedIsTriedAgainThoughTheClockIsSetBack(
    routing: RoutingChoice, reason: NeighbourMessage.Refusal
  ) throws {
    let node = try make(routing)
    #expect(node.agent.send([1], to: .dtn("//b/x"), service: "s", lifetime: 20 * Self.year) == MESH_OK)
    settle(node)
    node.bundleTime += 6000
    settle(node)
    try refuse(node, reason)
    #expect(node.transfers.count == 1)
    node.setClock(to: node.bundleTime - 4 * Self.year)
    settle(node)
    #expect(node.transfers.count == 1, "not at once")
    node.bundleTime += 11_000
    settle(node)
    #expect(node.transfers.count == 2)
  }

  @Test(arguments: known) func aNodeThatDoesNotKnowTheTimeTriesAgainToo(routing: RoutingChoice) throws {
    let node = try make(routing)
    node.setClock(to: 0)
    #expect(node.agent.send([1], to: .dtn("//b/x"), service: "s", lifetime: 60_000) == MESH_OK)
    settle(node)
    node.wait(6000)
    settle(node)
    try refuse(node, .retransmit)
    let due = try #require(node.agent.turn())
    #expect(due > 0 && due <= 10_000)
    node.wait(11_000)
    settle(node)
    #expect(node.transfers.count == 2)
  }

  /// The contact seemed to be over.
  @Test func aContactIsFoundAgainWhenTheClockWasWrong() throws {
    var settings = AgentSettings()
    settings.routing = .contacts
    settings.otherName = .dtn("//a/")
    let start: UInt64 = 800_000_000_000
    settings.plan = [
      Contact(from: .dtn("//a/"), to: .dtn("//b/"), start: start, end: start + 60_000, rate: 1_000_000)
    ]
    let node = try AgentNode(1, settings: settings)
    node.agent.came([0, 0, 0, 1], node: .dtn("//b/"), isNeighbour: true, isTrusted: true)
    node.setClock(to: start + Self.year)
    #expect(node.agent.send([1], to: .dtn("//b/x"), service: "s", lifetime: 20 * Self.year) == MESH_OK)
    settle(node)
    #expect(node.transfers.isEmpty)
    node.setClock(to: start + 1000)
    settle(node)
    #expect(node.transfers.count == 1)
  }
}
