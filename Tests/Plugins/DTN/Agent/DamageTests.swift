// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleStore
import CMeshABI
import Testing

/// A store of which a part cannot be read.
@Suite struct DamageTests {
  @Test func whatCannotBeReadIsToldAndTheRestGoesOn() throws {
    let folder = Folder()
    let other = try AgentNode(2)
    do {
      let store = try BundleStore(folder: folder.path)
      let node = try AgentNode(1, store: store)
      for token in 1...3 as ClosedRange<UInt64> {
        // Long ones have pages of their own, so that no page has more destinations than that of the records.
        #expect(node.submit([UInt8](repeating: UInt8(token), count: 4000), to: other, token: token) == MESH_OK)
        if token == 2 { store.flush() }
      }
      store.flush()
    }
    // In the first record, which names the destination.
    try folder.damage(before: "/envelope", by: 1)
    let node = try AgentNode(1, store: try BundleStore(folder: folder.path))
    #expect(node.agent.damagedCount == 1)
    let hurt = try #require(node.agent.damaged.first?.sequence)
    #expect(node.lines.count { $0.contains("record \(hurt) of the store cannot be read and is set aside") } == 1)
    #expect(node.reports.map(\.token) == [1, 2, 3].filter { $0 != hurt })
    #expect(node.agent.bundleCount == 2)
    #expect(node.agent.damagedBundle(hurt)?.isEmpty == false)
    let world = AgentWorld([node, other])
    world.meet(node, other)
    world.run()
    #expect(other.arrivals.count == 2)
    #expect(node.agent.discard(hurt))
    #expect(node.agent.damagedCount == 0)
    #expect(!node.agent.discard(hurt))
  }
}
