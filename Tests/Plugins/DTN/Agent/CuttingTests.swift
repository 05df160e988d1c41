// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import CMeshABI
import Testing

@testable import BundleAgent

/// Bundles for neighbours that take only smaller ones.
@Suite struct CuttingTests {
  private let payload: [UInt8] = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  private func sender(_ limit: UInt64, time: UInt64 = 800_000_000_000) throws -> AgentNode {
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:1.0")
    let node = try AgentNode(1, settings: settings)
    node.bundleTime = time
    node.largestTransfer = limit
    node.agent.came([2], node: try EndpointID("ipn:2.0"), isNeighbour: true, isTrusted: true)
    #expect(
      node.agent.send(payload, to: try EndpointID("ipn:2.9"), service: "s", lifetime: 3_600_000) == MESH_OK)
    return node
  }

  private func sent(_ node: AgentNode) -> [(number: UInt64, bytes: [UInt8])] {
    defer { node.transfers = [] }
    return node.transfers.compactMap {
      if case .bundle(let number, let bytes) = $0.message { (number, bytes) } else { nil }
    }
  }

  private func turn(_ node: AgentNode) { for _ in 0..<3 { _ = node.agent.turn() } }

  @Test(arguments: [0, 800_000_000_000] as [UInt64]) func aLargeBundleGoesInFragmentsAndIsPutTogether(_ time: UInt64)
    throws
  {
    let node = try sender(1000, time: time)
    // Not all of them find room at once.
    node.transfersLeft = 2
    turn(node)
    var all = sent(node)
    #expect(all.count == 2)
    node.transfersLeft = .max
    turn(node)
    all += sent(node)
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:2.0")
    let other = try AgentNode(2, settings: settings)
    other.agent.came([1], node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: true)
    for (number, bytes) in all {
      #expect(bytes.count <= 1000)
      #expect(try Bundle(bytes).hopCount != nil)
      #expect(node.agent.bundleCount == 1, "the whole is here until all of it is there")
      #expect(node.agent.figures.forwarded == 0)
      other.agent.arrived(bytes, number: number, over: [1])
      turn(other)
      node.agent.answered(number, nil, over: [2])
    }
    #expect(all.count == 6)
    #expect(node.agent.bundleCount == 0)
    #expect(node.agent.figures.forwarded == 1)
    let sequence = try #require(other.agent.waiting(for: "9", limit: 9).first)
    #expect(other.agent.show(sequence)?.bundle.payload == payload)
    #expect(other.agent.bundleCount == 1)
  }

  @Test func aFragmentThatIsRefusedTakesTheOthersWithIt() throws {
    let node = try sender(1000)
    node.transfersLeft = 3
    turn(node)
    let first = sent(node)
    node.agent.answered(first[0].number, nil, over: [2])
    node.agent.answered(first[1].number, .noResources, over: [2])
    // Its answer comes late, and counts for nothing.
    node.agent.answered(first[2].number, nil, over: [2])
    node.transfersLeft = .max
    turn(node)
    #expect(sent(node).isEmpty, "the neighbour has no room")
    node.agent.mayHaveRoom([2])
    node.bundleTime += 20_000
    turn(node)
    let again = sent(node)
    #expect(again.count == 6)
    for one in again { node.agent.answered(one.number, nil, over: [2]) }
    #expect(node.agent.bundleCount == 0)
    #expect(node.agent.figures.forwarded == 1)
  }

  @Test func aConnectionThatBreaksInTheMiddleBeginsAnew() throws {
    let node = try sender(1000)
    node.transfersLeft = 3
    turn(node)
    for one in sent(node) { node.agent.answered(one.number, nil, over: [2]) }
    node.agent.went([2])
    node.transfersLeft = .max
    node.agent.came([3], node: try EndpointID("ipn:2.0"), isNeighbour: true, isTrusted: true)
    turn(node)
    #expect(sent(node).count == 6)
  }

  @Test func whatMayNotBeCutIsNotWanted() throws {
    let node = try sender(1000)
    turn(node)
    #expect(sent(node).count == 6)
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: try EndpointID("ipn:2.9"), source: try EndpointID("ipn:7.1"),
        timestamp: CreationTimestamp(time: 800_000_000_000, sequence: 9), lifetime: 3_600_000, flags: .mustNotFragment),
      payload: payload)
    #expect(BundleAgent.cut(bundle.encoded, limit: 1000) == nil)
    node.agent.came([7], node: try EndpointID("ipn:7.0"), isNeighbour: true, isTrusted: true)
    node.agent.arrived(bundle.encoded, number: 1, over: [7])
    turn(node)
    #expect(sent(node).isEmpty)
    #expect(node.agent.bundleCount == 2)
    // Nor what would become more fragments than anybody puts together, or none.
    bundle.primary.flags = []
    #expect(BundleAgent.cut(bundle.encoded, limit: 60) == nil)
    bundle.blocks[0].data = [UInt8](repeating: 1, count: 300_000)
    #expect(BundleAgent.cut(bundle.encoded, limit: 200) == nil)
  }
}
