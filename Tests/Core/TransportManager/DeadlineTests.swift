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

  @Test("The heap gives what a sorted list would", arguments: 0..<5 as Range<UInt64>)
  func heap(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var heap = DeadlineHeap()
    var model: [UInt64: UInt64] = [:]
    for _ in 0..<5000 {
      let id = UInt64.random(in: 0..<200, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        heap.remove(id)
        model[id] = nil
      case 1:
        let now = UInt64.random(in: 0..<1000, using: &random)
        let first = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
        let expected = first.flatMap { $0.value <= now ? $0.key : nil }
        #expect(heap.pop(now: now) == expected)
        if let expected { model[expected] = nil }
      default:
        let time = UInt64.random(in: 0..<1000, using: &random)
        heap.set(id, at: time)
        model[id] = time
      }
      #expect(heap.count == model.count)
      #expect(heap.next == model.values.min() ?? .max)
      #expect(heap.deadline(of: id) == model[id])
    }
  }
}
