// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire
import Testing

/// Copies of messages that a session has begun: each that is read has to be remembered until the session is past it.
@Suite struct SkipRoomTests {
  @Test func `A copy that could not be remembered waits with its carrier`() throws {
    let pair = CorePair()
    let carrier = ScriptedCarrier()
    pair.b.carriage.driver = carrier
    defer { pair.b.carriage.driver = nil }
    let reader = LetterReader()
    try pair.b.serve("/letters/1", with: reader)
    pair.a.want(pair.id(1), now: pair.now)
    try #require(pair.run(until: { pair.b.peers[pair.id(0)]?.links.isEmpty == false }))
    let peer = try #require(pair.b.peers[pair.id(0)])
    let (session, multiplexer) = (try #require(peer.session), try #require(peer.multiplexer))
    let conversation = SessionPlace.Conversation(sender: session.peerConversation, recipient: session.conversation)
    let stream: UInt64 = pair.id(0) < pair.id(1) ? 1000 : 1001
    for number in 1..<UInt64(Multiplexer.skipLimit) {
      #expect(multiplexer.skip(MessagePlace(stream: stream, offset: number * 20)))
    }
    for number in UInt8(1)...3 {
      let message = MessagePlace(stream: stream, offset: 1_000_000 + UInt64(number))
      let envelope = Envelope(
        sender: pair.id(0), id: Envelope.ID(number), issued: carrier.wallClock, lifetime: 1_000_000,
        name: "/letters/1", body: [number], place: SessionPlace(conversation: conversation, message: message))
      let sealed = try envelope.seal(for: pair.id(1), from: pair.identities[0])
      pair.b.carriage.arrived(0, arrival: [number], envelope: sealed, now: pair.now)
    }
    #expect(reader.bodies == [[1]], "there was room for one")
    #expect(carrier.settled == [MESH_E_AGAIN, MESH_E_AGAIN])
    #expect(!multiplexer.skip(MessagePlace(stream: stream, offset: 2_000_000)))
    #expect(multiplexer.skip(MessagePlace(stream: stream ^ 1, offset: 0)), "none of the peer's")
  }

  @Test func `The window has room for what is skipped too`() {
    var window = EnvelopeWindow()
    let peer = CorePair().id(0)
    for number in 1..<EnvelopeWindow.peerLimit {
      _ = window.insert(.init(kind: .taken, peer: peer, id: Envelope.ID(number)), deadline: 1000)
    }
    let (isForOne, isForTwo) = (window.hasRoom(for: peer), window.hasRoom(for: peer, 2))
    #expect(isForOne)
    #expect(!isForTwo)
  }
}
