// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshNode
import Testing

/// Carriers that stop and begin anew while applications have what they brought.
@Suite struct CarrierRestartTests {
  /// The second of two members holds a message of the first one, and its carrier has stopped.
  private func heldWithoutCarrier() -> (Correspondents, alice: Correspondents.Member, bob: Correspondents.Member) {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    town.meet(alice, bob)
    town.settle()
    town.stopCarrier(of: bob)
    return (town, alice, bob)
  }

  @Test func `What an application holds does not come again when its carrier begins anew`() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    town.meet(alice, bob)
    town.settle()
    #expect(bob.reader.bodies == [[1]])
    for _ in 0..<3 {
      town.stopCarrier(of: bob)
      town.startCarrier(of: bob)
      town.settle()
    }
    #expect(bob.reader.bodies == [[1]])
    #expect(bob.carrier.arrivals.count == 1, "the carrier keeps it until it is released")
    town.releaseAll(bob)
    town.settle()
    #expect(bob.carrier.arrivals.isEmpty, "under its newest name")
    town.meet(bob, alice)
    town.settle()
    #expect(alice.states[1] == [.stored, .delivered])
  }

  @Test func `What is released while no carrier runs is remembered, and its sender is told later`() {
    let (town, alice, bob) = heldWithoutCarrier()
    town.releaseAll(bob)
    town.settle()
    #expect(bob.carrier.settled.isEmpty, "nobody knows that name")
    town.startCarrier(of: bob)
    town.settle()
    town.restart(bob)
    town.turn(milliseconds: 10_000)
    town.settle()
    #expect(bob.reader.bodies == [[1]])
    #expect(bob.carrier.arrivals.isEmpty)
    town.meet(bob, alice)
    town.settle()
    #expect(alice.states[1] == [.stored, .delivered])
  }

  @Test func `What an application gives back while no carrier runs waits for the next one`() {
    let (town, _, bob) = heldWithoutCarrier()
    for reference in bob.reader.held { bob.core.carriage.returned(reference) }
    bob.reader.held = []
    town.startCarrier(of: bob)
    town.settle()
    #expect(bob.reader.bodies == [[1], [1]])
  }

  @Test func `Each of the carriers that brought a message hears that it is done with`() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    bob.carrier.carriers = [0, 1]
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    guard let envelope = alice.carrier.kept.values.first?.bytes else {
      Issue.record("nothing was submitted")
      return
    }
    for (carrier, name) in [(0, 7), (1, 7), (1, 8)] as [(Int, UInt8)] {
      bob.core.carriage.arrived(carrier, arrival: [name], envelope: envelope, now: town.now)
    }
    town.settle()
    town.releaseAll(bob)
    town.settle()
    #expect(bob.reader.bodies == [[1]])
    #expect(bob.carrier.settled == [MESH_OK, MESH_OK, MESH_OK])
    #expect(bob.carrier.settledOf == [0, 1, 1])
  }
}
