// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// The real core of a node whose links end in the memory of the same process.
final class MemoryNode: LinkDriver {
  let index: Int
  unowned let pair: NodePair
  let core: NodeCore
  private let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)

  init(_ index: Int, identity: Identity, life: UInt64, pair: NodePair) {
    self.index = index
    self.pair = pair
    let entry = TransportEntry(
      name: "memory", instance: 0, priorityGroup: 1, schemes: ["memory"], dialTimeout: 6_000_000_000)
    core = NodeCore(identity: identity, incarnation: life, policy: TransportPolicy(transports: [entry]))
    core.driver = self
  }

  deinit {
    core.driver = nil
    space.deallocate()
  }

  func dial(instance: Int, address: String, deadline: UInt64) throws(DialRefusal) -> UInt64 { pair.dial(from: index) }
  func disconnect(_ link: UInt64, abort: Bool) { pair.close(link) }
  func hasCredit(_ link: UInt64, size: Int) -> Bool { pair.packets.count < 64 }
  func acquire(_ link: UInt64, size: Int) -> UnsafeMutableRawBufferPointer? { space }
  func commit(_ link: UInt64, length: Int, lane: Int, trafficClass: UInt8) {
    pair.packets.append((link ^ 1, Array(space[..<length])))
  }
  func abandon() {}
  func flush() {}
}
