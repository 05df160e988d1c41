// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshWire
import Testing

@testable import MeshNode

/// Envelopes of which nobody waits to hear take no memory for longer than they matter.
@Suite struct OrphanTests {
  private let key = [UInt8](repeating: 9, count: 16)

  @Test func `A receipt that a carrier keeps is nobody's message`() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    town.meet(alice, bob)
    town.settle()
    town.releaseAll(bob)
    town.settle()
    #expect(bob.carrier.arrivals.isEmpty, "the receipt is stored")
    #expect(bob.core.carriage.orphans.isEmpty)
    #expect(bob.core.carriage.receiptsUnderWay.isEmpty)
  }

  @Test func `A message of an earlier life ends with its receipt`() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    town.turn()
    town.restart(alice)
    #expect(alice.core.carriage.orphans.count == 1)
    town.meet(alice, bob)
    town.settle()
    town.releaseAll(bob)
    town.settle()
    town.meet(bob, alice)
    town.settle()
    #expect(alice.core.carriage.orphans.isEmpty)
    #expect(alice.carrier.kept.isEmpty, "the copy was given up")
    #expect(town.carry(from: alice, to: bob, [1], number: 2, key: key) == .delivered)
  }

  @Test(arguments: [MESH_CARRIER_EXPIRED, MESH_CARRIER_REFUSED]) func `Or with the carrier's last word`(_ kind: UInt32)
  {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    town.turn()
    town.restart(alice)
    for token in alice.core.carriage.orphans.keys { town.report(alice, token, kind) }
    #expect(alice.core.carriage.orphans.isEmpty)
  }

  @Test func `One that came to its recipient's node is known for a week`() throws {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    town.turn()
    town.restart(alice)
    let token = try #require(alice.core.carriage.orphans.keys.first)
    town.report(alice, token, MESH_CARRIER_FORWARDED)
    town.report(alice, token, MESH_CARRIER_DELIVERED)
    alice.carrier.kept = [:]
    func isKnown() -> Bool {
      key.withUnsafeBytes { alice.core.carriage.isKnown($0, for: bob.identity.id, name: Correspondents.name) }
    }
    alice.carrier.wallClock += 6 * 86_400_000
    alice.core.carriage.housekeep()
    #expect(isKnown())
    alice.carrier.wallClock += 2 * 86_400_000
    alice.core.carriage.housekeep()
    #expect(!isKnown())
    #expect(alice.core.carriage.orphans.isEmpty)
  }

  @Test func `A repetition of it waits for the receipt`() throws {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    town.meet(alice, bob)
    town.settle()
    town.restart(alice)
    let token = try #require(alice.core.carriage.orphans.keys.first)
    town.report(alice, token, MESH_CARRIER_DELIVERED)
    alice.carrier.kept = [:]
    #expect(town.carry(from: alice, to: bob, [1], number: 2, key: key) == .accepted)
    #expect(alice.carrier.submitted == 1)
    town.releaseAll(bob)
    town.settle()
    town.meet(bob, alice)
    town.settle()
    #expect(alice.states[2] == [.stored, .delivered])
    #expect(bob.reader.bodies == [[1]])
  }
}
