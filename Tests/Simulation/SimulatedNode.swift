// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// The real core of a node on simulated links.
final class SimulatedNode: LinkDriver, NodeObserver {
  let index: Int
  unowned let world: World
  let core: NodeCore
  /// How many times it was restarted.
  let life: Int
  var isDead = false
  private var space: UnsafeMutableRawBufferPointer
  var armedAt: UInt64 = .max
  /// Receiver index and number of every sealed packet, to notice a nonce that is used twice.
  private var sealed: Set<UInt128> = []
  var reports: [String] = []

  init(index: Int, life: Int, incarnation: UInt64, identity: Identity, world: World) {
    self.index = index
    self.life = life
    self.world = world
    space = .allocate(byteCount: 65_536, alignment: 64)
    let entries = world.transports.enumerated().map { index, transport in
      TransportEntry(
        name: transport.name, instance: index, priorityGroup: transport.group, schemes: [transport.name],
        dialTimeout: 6_000_000_000)
    }
    core = NodeCore(
      identity: identity, incarnation: incarnation,
      policy: TransportPolicy(transports: entries, keepsStandby: world.keepsStandby),
      session: world.sessionOptions, multiplexer: world.multiplexerOptions,
      random: .seeded(world.seed &* 31 &+ UInt64(index * 1000 + life)))
    core.driver = self
    core.observer = self
  }

  deinit {
    core.driver = nil
    core.observer = nil
    space.deallocate()
  }

  // MARK: LinkDriver

  func dial(instance: Int, address: String, deadline: UInt64) throws(DialRefusal) -> UInt64 {
    try world.dial(from: index, transport: instance, address: address)
  }

  func disconnect(_ link: UInt64, abort: Bool) { world.close(link, by: index) }

  func hasCredit(_ link: UInt64, size: Int) -> Bool { world.hasCredit(link, of: index) }

  func acquire(_ link: UInt64, size: Int) -> UnsafeMutableRawBufferPointer? { space }

  func commit(_ link: UInt64, length: Int, lane: Int, trafficClass: UInt8) {
    let packet = Array(space[0..<length])
    if packet[0] & 0x3f == 4 {
      var key: UInt128 = 0
      for byte in packet[1..<13] { key = key << 8 | UInt128(byte) }
      // Receiver indexes are never used twice by one node, so a repeated pair would be a repeated nonce.
      if !sealed.insert(key | UInt128(link & 0xffff_ffff) << 96).inserted {
        world.fail("node \(index) used a packet number twice on link \(link)")
      }
    }
    world.transmit(packet, on: link, lane: lane, from: index)
  }

  func abandon() {}
  func flush() {}

  // MARK: NodeObserver

  func peer(_ peer: Peer, isConnected: Bool, now: UInt64) { note("peer \(isConnected ? "connected" : "gone")") }

  func link(_ link: UInt64, of peer: Peer?, transport: String, event: LinkEvent, text: String, now: UInt64) {
    if event == .confirmed { world.statistics.linksConfirmed += 1 }
    note("\(transport) link \(link) \(event.rawValue): \(text)")
  }

  func peerRestarted(_ peer: Peer, now: UInt64) { note("peer restarted") }
  func peer(_ peer: Peer, isUnreachable text: String, retryAt: UInt64?, now: UInt64) { note("unreachable: \(text)") }

  func strangerRefused(_ id: NodeID, limit: Int?, now: UInt64) { note("stranger refused") }
  func sessionRefused(_ peer: NodeID, limit: Int, now: UInt64) { note("session refused") }

  private func note(_ text: String) { world.trace(index, text) }
}
