// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleStore
import Testing

/// What may come through one neighbour, whatever its bundles say of their sources.
@Suite struct ShareTests {
  private func bundle(_ number: UInt64, to destination: String = "ipn:9.1") throws -> Bundle {
    Bundle(
      primary: PrimaryBlock(
        destination: try EndpointID(destination), source: try EndpointID("ipn:\(1000 + number).2"),
        timestamp: CreationTimestamp(time: 799_999_999_000, sequence: number), lifetime: 3_600_000), payload: [1, 2])
  }

  private func node() throws -> AgentNode {
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:3.0")
    settings.echo = "7"
    var limits = StoreLimits()
    limits.total.count = 12
    let node = try AgentNode(1, store: BundleStore(limits: limits), settings: settings)
    node.agent.came([1], node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: true)
    // It calls itself as the other does, and need not be it.
    node.agent.came([2], node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: false)
    return node
  }

  private func refused(_ node: AgentNode) -> Int {
    node.transfers.count { if case .refused(_, .noResources) = $0.message { true } else { false } }
  }

  @Test func strangersLeaveRoomForThoseThatAreKnown() throws {
    let node = try node()
    for number in 0..<12 as Range<UInt64> {
      node.agent.arrived(try bundle(number).encoded, number: number, over: [2])
      _ = node.agent.turn()
    }
    #expect(node.agent.bundleCount == 6)
    #expect(refused(node) == 6)
    for number in 100..<106 as Range<UInt64> {
      node.agent.arrived(try bundle(number).encoded, number: number, over: [1])
      _ = node.agent.turn()
    }
    #expect(node.agent.bundleCount == 12)
    #expect(refused(node) == 6)
  }

  @Test func answersOfTheEchoServiceAreOfTheShareOfWhoAsks() throws {
    let node = try node()
    for number in 0..<12 as Range<UInt64> {
      node.agent.arrived(try bundle(number, to: "ipn:3.7").encoded, number: number, over: [2])
      for _ in 0..<3 { _ = node.agent.turn() }
    }
    #expect(node.agent.bundleCount == 6)
    #expect(node.agent.usage(nodes: 0).last?.kind == .neighbour(EndpointID.none))
  }
}
