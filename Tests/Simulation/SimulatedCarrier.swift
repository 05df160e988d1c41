// SPDX-License-Identifier: Apache-2.0

import CMeshABI
import MeshCrypto
import MeshNode
import MeshSession
import MeshWire

/// A carrier and a disk of one node, which outlive its lives: it refuses now and then, delivers after a while, sometimes
/// twice or though it was told to give up, and loses nothing that it keeps.
final class SimulatedCarrier: CarrierDriver {
  unowned let world: World
  let index: Int
  var random: SplitMix
  private var kept: [UInt64: [UInt8]] = [:]
  private var arrivals: [[UInt8]: [UInt8]] = [:]
  private(set) var journal: [UInt8] = []
  private var lastArrival: UInt64 = 0
  private(set) var delivered: UInt64 = 0

  let carriers = [0]
  let mayHaveCarriers = true
  var wallClock: UInt64 { 1_800_000_000_000 + world.now / 1_000_000 }

  init(_ index: Int, world: World) {
    self.index = index
    self.world = world
    random = SplitMix(seed: world.seed &* 13 &+ UInt64(index))
  }

  private var carriage: Carriage { world.nodes[index].core.carriage }

  /// Calls back in a later event, unless the node has died meanwhile.
  private func later(_ delay: UInt64, _ action: @escaping () -> Void) {
    let life = world.nodes[index].life
    world.at(delay) { [unowned self] in
      guard world.nodes[index].life == life, !world.nodes[index].isDead else { return }
      action()
    }
  }

  /// A new life of the node reads what was on its disk.
  func begin(_ node: SimulatedNode) {
    node.core.carriage.driver = self
    _ = journal.withUnsafeBytes { node.core.carriage.load(window: $0, now: wallClock) }
    later(1_000_000) { [unowned self] in
      for token in kept.keys.sorted() {
        carriage.reported(0, token: token, kind: MESH_CARRIER_STORED, code: MESH_OK, now: world.now)
      }
      offerAll()
    }
  }

  func submit(
    _ envelope: [UInt8], for recipient: NodeID, to carrier: Int, token: UInt64, lifetime: UInt64,
    trafficClass: TrafficClass
  ) -> Int32 {
    guard kept[token] == nil else { return MESH_E_EXISTS }
    guard !random.chance(10) else { return MESH_E_LIMIT }
    kept[token] = envelope
    let fails = random.chance(5)
    later(random.number(1...200) * 1_000_000) { [unowned self] in
      guard kept[token] != nil else { return }
      if fails { kept[token] = nil }
      carriage.reported(
        0, token: token, kind: fails ? MESH_CARRIER_REFUSED : MESH_CARRIER_STORED, code: fails ? MESH_E_IO : MESH_OK,
        now: world.now)
    }
    if fails { return MESH_OK }
    // The ferry comes, once or twice, whether the node lives or not.
    let isCopied = random.chance(50)
    world.at(random.number(300...15_000) * 1_000_000) { [unowned self] in
      guard kept.removeValue(forKey: token) != nil || isCopied else { return }
      let other = world.carriers[1 - index]
      other.receive(envelope)
      if random.chance(20) { world.at(random.number(1...9000) * 1_000_000) { other.receive(envelope) } }
      guard !world.nodes[index].isDead else { return }
      carriage.reported(0, token: token, kind: MESH_CARRIER_DELIVERED, code: MESH_OK, now: world.now)
    }
    return MESH_OK
  }

  func cancelEnvelope(_ token: UInt64, of carrier: Int) {
    guard kept.removeValue(forKey: token) != nil else { return }
    later(0) { [unowned self] in
      carriage.reported(0, token: token, kind: MESH_CARRIER_REFUSED, code: MESH_E_CANCELLED, now: world.now)
    }
  }

  private func receive(_ bytes: [UInt8]) {
    lastArrival += 1
    delivered += 1
    var id = [UInt8](repeating: 0, count: 32)
    withUnsafeBytes(of: lastArrival) { id.replaceSubrange(0..<8, with: $0) }
    arrivals[id] = bytes
    later(0) { [unowned self] in offer(id) }
  }

  private func offer(_ id: [UInt8]) {
    guard let bytes = arrivals[id] else { return }
    carriage.arrived(0, arrival: id, envelope: bytes, now: world.now)
  }

  private func offerAll() {
    for id in arrivals.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) { offer(id) }
  }

  func settle(_ arrival: [UInt8], of carrier: Int, status: Int32) {
    if status != MESH_OK, status != MESH_E_AGAIN { world.fail("node \(index): an envelope ended with \(status)") }
    if status != MESH_E_AGAIN { arrivals[arrival] = nil }
  }

  func retryArrivals(of carrier: Int) { later(0) { [unowned self] in offerAll() } }

  func appendToWindow(_ records: [UInt8]) {
    let isWritten = !random.chance(5)
    later(random.number(1...30) * 1_000_000) { [unowned self] in
      if isWritten { journal += records }
      carriage.persisted(isWritten, now: world.now)
    }
  }

  func permits(_ peer: Peer, _ name: String) -> Bool { true }
}
