// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshNode
import MeshSession
import MeshWire
import Testing

/// `access: open`: whoever makes a key may send envelopes, and takes nothing from known peers by that.
@Suite struct StrangerTests {
  private func openTown() -> Correspondents {
    let town = Correspondents()
    town.members[1].core.acceptsUnknownPeers = true
    return town
  }

  private func send(_ envelope: Envelope, from stranger: Identity, to member: Correspondents.Member) throws {
    member.carrier.receive(try envelope.seal(for: member.identity.id, from: stranger))
  }

  @Test func `A receipt of a stranger for what was never sent leaves no trace`() throws {
    let town = openTown()
    let bob = town.members[1]
    for seed in 0..<3 as Range<UInt64> {
      let stranger = Identity.generate(from: .seeded(900 + seed))
      let body = (0..<200 as Range<UInt8>).flatMap { [UInt8](repeating: $0, count: 16) }
      try send(
        Envelope(
          kind: .receipt, sender: stranger.id, id: 1, issued: bob.carrier.wallClock, lifetime: .max, body: body),
        from: stranger, to: bob)
    }
    town.settle()
    #expect(bob.core.carriage.window.count == 0)
    #expect(bob.carrier.arrivals.isEmpty)
  }

  @Test func `A stranger's receipt for what it was sent counts`() throws {
    let town = openTown()
    let bob = town.members[1]
    let stranger = Identity.generate(from: .seeded(900))
    let key = [UInt8](repeating: 4, count: 16)
    let message = OutgoingCarriage(
      peer: stranger.id, name: "/letters/1", trafficClass: .normal, key: key, body: [1],
      deadline: town.now + 86_400_000_000_000)
    #expect(bob.core.carriage.carry(message, observer: bob.observer, number: 1, now: town.now) == .accepted)
    let id = Envelope.identity(for: stranger.id, name: "/letters/1", key: key)
    let body = withUnsafeBytes(of: id.bigEndian) { Array($0) }
    try send(
      Envelope(kind: .receipt, sender: stranger.id, id: 1, issued: 0, lifetime: .max, body: body),
      from: stranger, to: bob)
    town.settle()
    #expect(bob.states[1]?.last == .delivered)
    #expect(bob.core.carriage.window.count == 1)
    bob.carrier.wallClock += 32 * 86_400_000
    bob.core.carriage.housekeep()
    #expect(bob.core.carriage.window.count == 0, "not for ever")
  }

  @Test func `A stranger's message is remembered for thirty days and read once`() throws {
    let town = openTown()
    let bob = town.members[1]
    let stranger = Identity.generate(from: .seeded(900))
    let issued = bob.carrier.wallClock
    let message = Envelope(
      sender: stranger.id, id: 7, issued: issued, lifetime: .max, name: Correspondents.name, body: [1])
    try send(message, from: stranger, to: bob)
    town.settle()
    town.releaseAll(bob)
    town.settle()
    #expect(bob.reader.bodies == [[1]])
    bob.carrier.wallClock += 29 * 86_400_000
    bob.core.carriage.housekeep()
    #expect(bob.core.carriage.window.count == 1)
    bob.carrier.wallClock += 3 * 86_400_000
    bob.core.carriage.housekeep()
    #expect(bob.core.carriage.window.count == 0)
    try send(message, from: stranger, to: bob)
    town.settle()
    #expect(bob.reader.bodies == [[1]])
    #expect(bob.carrier.settled.last == MESH_E_EXPIRED)
  }

  @Test func `A stranger's message of the far future waits`() throws {
    let town = openTown()
    let bob = town.members[1]
    let stranger = Identity.generate(from: .seeded(900))
    for (id, days) in [(1, 2), (2, 1 << 30)] as [(Envelope.ID, UInt64)] {
      let issued = bob.carrier.wallClock + days * 86_400_000
      try send(
        Envelope(sender: stranger.id, id: id, issued: issued, lifetime: 1000, name: Correspondents.name, body: [1]),
        from: stranger, to: bob)
    }
    town.settle()
    #expect(bob.reader.bodies.isEmpty)
    #expect(bob.carrier.arrivals.count == 2, "its carrier keeps it")
  }

  @Test func `Strangers leave half of the window to known peers`() {
    var window = EnvelopeWindow()
    let names = (0..<8).map { Identity.generate(from: .seeded(900 + UInt64($0))).id }
    for peer in names {
      for number in 0..<EnvelopeWindow.peerLimit {
        _ = window.insert(.init(kind: .taken, peer: peer, id: Envelope.ID(number)), deadline: 1000)
      }
    }
    let next = Identity.generate(from: .seeded(999)).id
    let (isForStrangers, isForKnown) = (window.hasRoom(for: next, isKnown: false), window.hasRoom(for: next))
    #expect(!isForStrangers)
    #expect(isForKnown)
  }
}
