// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshNode
import MeshWire
import Testing

@Suite struct CarriageTests {
  @Test func aMessageTravelsAndItsSenderLearnsOfIt() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    #expect(town.carry(from: alice, to: bob, [1, 2, 3], number: 7) == .accepted)
    #expect(alice.states[7] == nil, "nothing is confirmed yet")
    town.turn()
    #expect(alice.states[7] == [.stored])
    town.meet(alice, bob)
    town.settle()
    #expect(bob.reader.bodies == [[1, 2, 3]])
    #expect(bob.carrier.kept.isEmpty, "no receipt before the application has released it")
    #expect(bob.carrier.arrivals.count == 1, "the carrier keeps it until then")
    town.releaseAll(bob)
    town.settle()
    #expect(bob.carrier.arrivals.isEmpty)
    town.meet(bob, alice)
    town.settle()
    #expect(alice.states[7] == [.stored, .delivered])
    #expect(alice.carrier.kept.isEmpty, "the copy was given up")
  }

  @Test func repetitionsDoNotReachTheApplication() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    town.meet(alice, bob, times: 3)
    town.settle()
    #expect(bob.reader.bodies.count == 1)
    town.releaseAll(bob)
    town.settle()
    #expect(bob.carrier.arrivals.isEmpty)
    town.meet(alice, bob, times: 2)
    town.settle()
    town.restart(bob)
    town.meet(alice, bob)
    town.settle()
    #expect(bob.reader.bodies.count == 1)
    #expect(bob.carrier.arrivals.isEmpty)
  }

  @Test func aMessageOfAnEarlierLifeIsRecognisedByItsKey() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    let key = [UInt8](repeating: 9, count: 16)
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    town.turn()
    town.restart(alice)
    #expect(town.carry(from: alice, to: bob, [1], number: 2, key: key) == .accepted)
    #expect(alice.states[2] == [.stored])
    #expect(alice.carrier.submitted == 1)
    town.meet(alice, bob)
    town.settle()
    town.releaseAll(bob)
    town.settle()
    town.restart(alice)
    town.meet(bob, alice)
    town.settle()
    #expect(alice.carrier.kept.isEmpty, "the receipt ends what nobody waits for")
    town.restart(alice)
    #expect(town.carry(from: alice, to: bob, [1], number: 3, key: key) == .delivered)
    #expect(bob.reader.bodies.count == 1)
  }

  @Test func whatTheCarrierCannotKeepComesBack() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    alice.carrier.answer = MESH_E_LIMIT
    #expect(town.carry(from: alice, to: bob, [1], number: 1) == .refused(MESH_E_LIMIT))
    alice.carrier.answer = MESH_OK
    alice.carrier.reportsStored = false
    _ = town.carry(from: alice, to: bob, [1], number: 2)
    guard let token = alice.carrier.kept.keys.first else {
      Issue.record("nothing was submitted")
      return
    }
    town.report(alice, token, MESH_CARRIER_REFUSED, MESH_E_IO)
    #expect(alice.states[2] == [.returned(MESH_E_IO)])
  }

  @Test func whatIsGivenUpBeforeTheCarrierKeepsItDoesNotComeBack() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    alice.carrier.reportsStored = false
    for number in 1...2 as ClosedRange<UInt64> {
      _ = town.carry(from: alice, to: bob, [1], number: number)
      guard let token = alice.carrier.kept.keys.first else {
        Issue.record("nothing was submitted")
        return
      }
      #expect(alice.core.carriage.cancel(observer: alice.observer, number: number))
      #expect(alice.carrier.kept.isEmpty)
      // The carrier says so, or stops before it can.
      if number == 1 {
        town.report(alice, token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED)
      } else {
        town.stopCarrier(of: alice)
      }
      #expect(alice.states[number] == [.refused(MESH_E_CANCELLED)])
    }
  }

  @Test func aRepetitionOfWhatWasGivenUpIsCarried() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    alice.carrier.reportsStored = false
    let key = [UInt8](repeating: 3, count: 16)
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    let token = alice.carrier.kept.keys.first ?? 0
    _ = alice.core.carriage.cancel(observer: alice.observer, number: 1)
    _ = town.carry(from: alice, to: bob, [1], number: 2, key: key)
    town.report(alice, token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED)
    #expect(alice.states[2] == [.returned(MESH_E_CANCELLED)], "its sender sends it again")
  }

  @Test func aLifetimeEndsAtTheSender() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1, lifetime: 1_000_000_000)
    town.turn()
    town.turn(milliseconds: 1001)
    #expect(alice.states[1] == [.stored, .expired])
    #expect(alice.carrier.kept.isEmpty)
  }

  @Test func whatIsTooLateIsNotDelivered() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1, lifetime: 60_000_000_000)
    bob.carrier.wallClock += 61_000
    town.meet(alice, bob)
    town.settle()
    #expect(bob.reader.bodies.isEmpty)
    #expect(bob.carrier.settled == [MESH_E_EXPIRED])
  }

  @Test func aMessageWaitsForItsServer() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    bob.core.stopServing(Correspondents.name)
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    town.meet(alice, bob)
    town.settle()
    #expect(bob.carrier.settled == [MESH_E_AGAIN])
    #expect(throws: Never.self) { try bob.core.serve(Correspondents.name, with: bob.reader) }
    town.settle()
    #expect(bob.reader.bodies == [[1]])
    bob.core.carriage.returned(bob.reader.held[0])
    #expect(bob.carrier.settled == [MESH_E_AGAIN, MESH_E_AGAIN])
    #expect(bob.carrier.arrivals.count == 1, "its application went: the carrier keeps it for the next one")
  }

  @Test func strangersForgeriesAndForbiddenProtocolsAreRefused() {
    let town = Correspondents(3)
    let (alice, bob, carol) = (town.members[0], town.members[1], town.members[2])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    guard let envelope = alice.carrier.kept.values.first?.bytes else { return }
    carol.carrier.receive(envelope)
    var broken = envelope
    broken[broken.count - 1] ^= 1
    bob.carrier.receive(broken)
    bob.core.removePeer(alice.identity.id, now: town.now)
    bob.carrier.receive(envelope)
    town.settle()
    #expect(carol.carrier.settled == [MESH_E_INVALID])
    #expect(bob.carrier.settled == [MESH_E_INVALID, MESH_E_PERMISSION])
    _ = try? carol.core.serve("/secret/1", with: carol.reader)
    _ = town.carry(from: alice, to: carol, [1], number: 2, name: "/secret/1")
    town.meet(alice, carol)
    town.settle()
    #expect(carol.carrier.settled.last == MESH_E_PERMISSION)
  }

  @Test func aReceiptCountsOnlyFromTheRecipient() {
    let town = Correspondents(3)
    let (alice, bob, carol) = (town.members[0], town.members[1], town.members[2])
    let key = [UInt8](repeating: 3, count: 16)
    _ = town.carry(from: alice, to: bob, [1], number: 1, key: key)
    let id = Envelope.identity(for: bob.identity.id, name: Correspondents.name, key: key)
    let body = withUnsafeBytes(of: id.bigEndian) { Array($0) }
    let forged = Envelope(
      kind: .receipt, sender: carol.identity.id, id: 5, issued: alice.carrier.wallClock, lifetime: 1_000_000,
      body: body)
    let bytes = try? forged.seal(for: alice.identity.id, from: carol.identity)
    alice.carrier.receive(bytes ?? [])
    town.settle()
    #expect(alice.states[1] == [.stored])
  }

  @Test func aDiskThatFailsIsLeftAloneForAWhile() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    town.meet(alice, bob)
    town.settle()
    bob.carrier.diskWorks = false
    town.releaseAll(bob)
    for _ in 0..<900 {
      town.turn()
      #expect(bob.core.nextDeadline > town.now, "no turn is asked for in vain")
    }
    #expect(bob.carrier.writes == 1)
    for _ in 0..<900 { town.turn() }
    #expect(bob.carrier.writes == 2)
    bob.carrier.diskWorks = true
    for _ in 0..<1500 { town.turn() }
    #expect(bob.core.carriage.isSaved)
    #expect(bob.carrier.writes < 6)
    town.meet(bob, alice)
    town.settle()
    #expect(alice.states[1] == [.stored, .delivered])
    town.restart(bob)
    town.settle()
    #expect(bob.reader.bodies == [[1]])
  }

  @Test func nothingIsSaidBeforeTheDiskHasIt() {
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    _ = town.carry(from: alice, to: bob, [1], number: 1)
    bob.carrier.diskWorks = false
    town.meet(alice, bob)
    town.settle()
    town.releaseAll(bob)
    town.settle()
    #expect(bob.carrier.kept.isEmpty, "no receipt")
    #expect(bob.carrier.arrivals.count == 1, "the carrier did not let go")
  }
}
