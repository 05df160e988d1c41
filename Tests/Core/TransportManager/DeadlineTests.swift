// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import MeshWire
import Testing

@Suite struct DeadlineTests {
  @Test func tenThousandPeersCostNoMoreWorkThanTheOnesThatAreDue() throws {
    var limits = TransportLimits()
    limits.peers = 10_000
    let manager = TransportManager(policy: threeTransports, seed: 3, limits: limits)
    // Each has a link without progress, which is probed every second, at a time of its own.
    for number in 0..<10_000 as Range<UInt64> {
      let (peer, link) = (PeerHandle(rawValue: number), LinkHandle(rawValue: number))
      manager.setPeer(peer, addresses: [], dialsWin: true, now: 0)
      manager.linkUp(
        peer, link: link, attempt: nil, transport: "ws", capabilities: PathCapabilities(), now: number * 100_000)
      manager.linkSuspect(link, now: number * 100_000)
    }
    _ = manager.takeCommands()
    _ = manager.nextDeadline
    let first = manager.peersExamined
    #expect(first == 10_000)
    // Asking again costs nothing, and a change costs what has changed.
    for _ in 0..<1000 { _ = manager.nextDeadline }
    #expect(manager.peersExamined == first)
    for number in 0..<500 as Range<UInt64> {
      manager.linkRecovered(LinkHandle(rawValue: number), now: 10_000 * 100_000)
      _ = manager.nextDeadline
    }
    #expect(manager.peersExamined - first == 500)
    // Time costs the peers that are due: one at a time, over and over.
    let second = manager.peersExamined
    var probes = 0
    _ = manager.takeCommands()
    for _ in 0..<2000 {
      manager.advance(now: try #require(manager.nextDeadline))
      probes += manager.takeCommands().count
    }
    #expect(probes >= 2000)
    #expect(manager.peersExamined - second <= 2 * 2000)
  }
}
