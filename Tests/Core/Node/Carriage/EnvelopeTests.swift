// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire
import Testing

@Suite struct EnvelopeTests {
  let alice = Identity.generate(from: .seeded(1))
  let bob = Identity.generate(from: .seeded(2))

  private func envelope(_ size: Int) -> Envelope {
    Envelope(
      sender: alice.id, id: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10, issued: 1_800_000_000_000, lifetime: 604_800_000,
      trafficClass: .bulk, key: [UInt8](repeating: 5, count: 16), name: "/letters/1",
      body: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000]) func whatWasSealedIsOpened(size: Int) throws {
    let sealed = try envelope(size).seal(for: bob.id, from: alice)
    let opened = try sealed.withUnsafeBytes { try Envelope($0, for: bob) }
    #expect(opened == envelope(size))
    let again = try envelope(size).seal(for: bob.id, from: alice)
    #expect(again != sealed, "a fresh key each time")
  }

  @Test func nobodyElseOpensIt() throws {
    let sealed = try envelope(100).seal(for: bob.id, from: alice)
    let carol = Identity.generate(from: .seeded(3))
    for other in [alice, carol] {
      #expect(throws: EnvelopeError.unreadable) { try sealed.withUnsafeBytes { try Envelope($0, for: other) } }
    }
  }

  @Test func aChangedOrCutEnvelopeIsRefused() throws {
    let sealed = try envelope(70_000).seal(for: bob.id, from: alice)
    for at in stride(from: 0, to: sealed.count, by: 997) + [sealed.count - 1] {
      var changed = sealed
      changed[at] ^= 0x40
      #expect(throws: EnvelopeError.unreadable) { try changed.withUnsafeBytes { try Envelope($0, for: bob) } }
    }
    for length in [0, 1, 3, 50, sealed.count - 16, sealed.count - 1] {
      #expect(throws: EnvelopeError.unreadable) {
        try sealed.prefix(length).withUnsafeBytes { try Envelope($0, for: bob) }
      }
    }
  }

  @Test func aNameThatDidNotSealItIsForgery() throws {
    var lie = envelope(10)
    lie.sender = bob.id
    let sealed = try lie.seal(for: bob.id, from: alice)
    #expect(throws: EnvelopeError.forged) { try sealed.withUnsafeBytes { try Envelope($0, for: bob) } }
  }

  @Test func aPlaceThatNoSessionCanHaveIsRefused() throws {
    let conversation = SessionPlace.Conversation(sender: 1, recipient: 2)
    var one = envelope(10)
    one.place = SessionPlace(conversation: conversation, message: .init(stream: (1 << 62) - 1, offset: (1 << 61) - 1))
    let sealed = try one.seal(for: bob.id, from: alice)
    #expect(try sealed.withUnsafeBytes { try Envelope($0, for: bob) } == one)
    for message in [
      MessagePlace(stream: 0, offset: 1 << 61), .init(stream: 0, offset: .max), .init(stream: 1 << 62, offset: 0),
    ] {
      one.place = SessionPlace(conversation: conversation, message: message)
      let hostile = try one.seal(for: bob.id, from: alice)
      #expect(throws: EnvelopeError.unreadable) { try hostile.withUnsafeBytes { try Envelope($0, for: bob) } }
    }
  }

  @Test func theIdentityOfARepetitionIsTheSame() {
    let key = [UInt8](repeating: 1, count: 16)
    let id = Envelope.identity(for: bob.id, name: "/a/1", key: key)
    #expect(id == Envelope.identity(for: bob.id, name: "/a/1", key: key))
    #expect(id != Envelope.identity(for: alice.id, name: "/a/1", key: key))
    #expect(id != Envelope.identity(for: bob.id, name: "/b/1", key: key))
  }
}

@Suite struct EnvelopeWindowTests {
  let peer = Identity.generate(from: .seeded(1)).id

  @Test func aTornJournalKeepsWhatWasWhole() {
    var window = EnvelopeWindow()
    var journal: [UInt8] = []
    for number in 0..<100 { journal += window.insert(entry(number), deadline: 5000) }
    for length in [journal.count - 1, journal.count - 60, 61, 60, 0] {
      var other = EnvelopeWindow()
      let read = journal.prefix(length).withUnsafeBytes { other.load($0, now: 0) }
      #expect(read == length / EnvelopeWindow.recordLength * EnvelopeWindow.recordLength)
      #expect(other.count == length / EnvelopeWindow.recordLength)
    }
    journal[EnvelopeWindow.recordLength * 10] ^= 2
    var other = EnvelopeWindow()
    #expect(journal.withUnsafeBytes { other.load($0, now: 0) } == EnvelopeWindow.recordLength * 10)
  }

  @Test func itForgetsADayAfterTheLifetimeAndKeepsAQuota() {
    var window = EnvelopeWindow()
    for number in 0..<EnvelopeWindow.peerLimit { _ = window.insert(entry(number), deadline: 1000) }
    #expect(!window.hasRoom(for: peer))
    #expect(window.hasRoom(for: Identity.generate(from: .seeded(2)).id))
    window.expire(now: 1000 + EnvelopeWindow.grace - 1)
    #expect(window.contains(entry(0)))
    window.expire(now: 1000 + EnvelopeWindow.grace)
    #expect(window.count == 0)
    #expect(window.hasRoom(for: peer))
    let journal = window.insert(entry(1), deadline: .max)
    var other = EnvelopeWindow()
    #expect(journal.withUnsafeBytes { other.load($0, now: 1 << 62) } == EnvelopeWindow.recordLength)
  }

  private func entry(_ number: Int) -> EnvelopeWindow.Entry {
    .init(kind: .taken, peer: peer, id: Envelope.ID(number))
  }
}
