// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import MeshEventLoop
import MeshFileTransfer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// Two nodes in one process, connected by links in memory, on a loop whose clock runs ahead whenever nothing happens.
final class NodePair {
  let loop: EventLoop
  let pool = OffloadPool(threads: 2)
  let identities = [Identity.generate(from: .seeded(1)), Identity.generate(from: .seeded(2))]
  private(set) var nodes: [MemoryNode] = []
  var packets: [(link: UInt64, bytes: [UInt8])] = []
  private var ends: [UInt64: Int] = [:]
  private var rising: [UInt64] = []
  private var fallen: [(UInt64, failed: Bool)] = []
  private var lastLink: UInt64 = 0
  private var lives: UInt64 = 0
  /// Says whether work of files is under way on the pool: then the clock keeps to real time.
  var isWorking: () -> Bool = { false }

  init() throws {
    loop = try EventLoop()
    for index in 0..<2 { nodes.append(make(index)) }
  }

  deinit {
    pool.shutdown()
    loop.close()
  }

  func id(_ index: Int) -> NodeID { identities[index].id }

  private func make(_ index: Int) -> MemoryNode {
    lives += 1
    let node = MemoryNode(index, identity: identities[index], life: lives, pair: self)
    let address = PeerAddress(uri: "memory://\(1 - index)", source: .configuration)
    _ = try? node.core.setPeer(identities[1 - index].id, addresses: [address], now: loop.now)
    return node
  }

  func dial(from node: Int) -> UInt64 {
    lastLink += 2
    ends[lastLink] = node
    ends[lastLink ^ 1] = 1 - node
    rising.append(lastLink)
    return lastLink
  }

  func close(_ link: UInt64) {
    ends[link] = nil
    if ends[link ^ 1] != nil { fallen.append((link ^ 1, false)) }
  }

  /// All links die at once, with what is on the way.
  func cutLinks() {
    packets.removeAll()
    rising.removeAll()
    for link in ends.keys.sorted() { fallen.append((link, true)) }
  }

  /// The process of a node dies and starts again with the same key and nothing else.
  func restart(_ index: Int) {
    packets.removeAll()
    rising.removeAll()
    for (link, end) in ends.sorted(by: { $0.key < $1.key }) {
      if end == index { ends[link] = nil } else { fallen.append((link, true)) }
    }
    nodes[index] = make(index)
  }

  /// One turn of the loop and of both nodes.
  func step() {
    let isQuiet = packets.isEmpty && rising.isEmpty && fallen.isEmpty
    loop.runOnce(maxWait: isQuiet ? 200_000 : 0)
    if isQuiet, !isWorking() { loop.advanceClock(by: 5_000_000) }
    let now = loop.now
    for (link, failed) in fallen {
      guard let node = ends.removeValue(forKey: link) else { continue }
      let failure = PathFailure(code: -13, kind: .transient, stage: .diedLater, text: "cut")
      nodes[node].core.linkDown(link, failed ? failure : nil, now: now)
    }
    fallen.removeAll()
    let new = rising
    rising.removeAll()
    for link in new {
      let description = LinkDescription(
        transport: "memory", address: "memory://",
        characteristics: LinkCharacteristics(reliable: true, ordered: true, mtu: 32_768))
      for (end, isIncoming) in [(link ^ 1, true), (link, false)] {
        guard let node = ends[end] else { continue }
        nodes[node].core.linkUp(end, description, isIncoming: isIncoming, now: now)
      }
    }
    let arriving = packets
    packets.removeAll(keepingCapacity: true)
    for (link, bytes) in arriving {
      guard let node = ends[link] else { continue }
      var bytes = bytes
      bytes.withUnsafeMutableBytes { nodes[node].core.receive(link, packet: $0, now: now) }
    }
    for node in nodes {
      if node.core.nextDeadline <= now { node.core.advance(now: now) }
      node.core.endTurn(now: now)
    }
    if !arriving.isEmpty {
      for link in ends.keys.sorted() { nodes[ends[link]!].core.linkHasCredit(link) }
    }
  }

  /// Steps until `done`; false when that is never so. Steps that wait for the disk do not count, for a minute at most.
  func run(steps: Int = 8_000, until done: () -> Bool) -> Bool {
    let end = MonotonicClock.read() + 60_000_000_000
    var left = steps
    while !done() {
      guard left > 0, MonotonicClock.read() < end else { return false }
      if !isWorking() { left -= 1 }
      step()
    }
    return true
  }
}
