// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshWire

/// How far messages of sessions were read, for copies of them that come with a carrier later.
extension Carriage {
  /// Conversations of one peer that are over and remembered in memory.
  private static let endedLimit = 4
  /// Milliseconds for which it is remembered on disk: thirty days.
  private static let readingLifetime: UInt64 = 30 * 86_400_000

  /// What readers had released when a conversation ended.
  struct EndedConversation {
    var numbers: SessionPlace.Conversation
    var marks: ReadingMarks
  }

  /// What is known here of a message whose copy came with a carrier.
  func progress(of place: SessionPlace, from peer: NodeID) -> MessageProgress {
    // That its reader has gone past it says nothing: the copy counts.
    if window.contains(Self.skipped(place, peer)) { return .unread }
    if let session = core.peers[peer]?.session, Self.incoming(session) == place.conversation,
      let multiplexer = session.frames as? Multiplexer
    {
      return multiplexer.progress(of: place.message)
    }
    if let late = late[Self.lateKey(place.conversation, place.message.stream, peer)],
      let progress = late.progress(of: place.message.offset)
    {
      return progress
    }
    if let kept = ended[peer]?.last(where: { $0.numbers == place.conversation }) {
      return kept.marks.progress(of: place.message)
    }
    let released = window.reading(of: peer, Self.streamName(place.conversation, place.message.stream)) ?? 0
    return released > place.message.offset ? .released : .unread
  }

  private static func skipped(_ place: SessionPlace, _ peer: NodeID) -> EnvelopeWindow.Entry {
    let name = streamName(place.conversation, place.message.stream)
    return .init(kind: .skipped, peer: peer, id: Envelope.ID(name) << 64 | Envelope.ID(place.message.offset))
  }

  private static func lateKey(
    _ numbers: SessionPlace.Conversation, _ stream: UInt64, _ peer: NodeID
  ) -> LateStream.Key {
    LateStream.Key(peer: peer, stream: streamName(numbers, stream))
  }

  /// Applications that hold messages of the conversation say what becomes of them.
  private func keepHeld(_ session: Session, _ multiplexer: Multiplexer) {
    let numbers = Self.incoming(session)
    for held in multiplexer.heldMessages {
      let key = Self.lateKey(numbers, held.stream, session.peer)
      let one = LateStream(key, numbers, stream: held.stream, offsets: held.offsets, of: self)
      if held.handler.outlives(one, on: held.reference) { late[key] = one }
    }
  }

  /// An application has released a message of a conversation that is over.
  func lateReleased(_ one: LateStream) {
    let upTo = one.offsets.lowerBound
    if let index = ended[one.key.peer]?.lastIndex(where: { $0.numbers == one.conversation }) {
      ended[one.key.peer]?[index].marks.advance(one.stream, to: upTo)
    }
    if let driver {
      unsaved += window.note(
        reading: one.key.stream, of: one.key.peer, upTo: upTo, until: driver.wallClock + Self.readingLifetime)
    }
    if one.offsets.isEmpty { forget(one) }
  }

  /// Nobody holds anything of it.
  func forget(_ one: LateStream) { if late[one.key] === one { late[one.key] = nil } }

  /// Whether there is room to remember that the copy of a message was taken; else it waits with its carrier.
  func maySkip(_ place: SessionPlace, from peer: NodeID) -> Bool {
    guard let session = core.endpoint.sessions[peer] else { return true }
    if Self.incoming(session) == place.conversation {
      return (session.frames as? Multiplexer)?.maySkip(place.message) != false
    }
    return session.conversation != place.conversation.recipient
      || skips[peer, default: []].count < Multiplexer.skipLimit
  }

  /// The application has got the copy: the session's own is skipped when it comes.
  func skip(_ place: SessionPlace, from peer: NodeID, deadline: UInt64) {
    unsaved += window.insert(Self.skipped(place, peer), deadline: deadline)
    // That of the endpoint: before a link is confirmed here, the peer has none.
    guard let session = core.endpoint.sessions[peer] else { return }
    if Self.incoming(session) == place.conversation {
      _ = (session.frames as? Multiplexer)?.skip(place.message)
    } else if session.conversation == place.conversation.recipient {
      // The sender has confirmed a link of which this side has not heard the end.
      skips[peer, default: []].append(place)
    }
  }

  /// A link is confirmed: what was read before of the conversation is known to its multiplexer.
  func applySkips(to session: Session) {
    for place in skips.removeValue(forKey: session.peer) ?? [] where Self.incoming(session) == place.conversation {
      _ = (session.frames as? Multiplexer)?.skip(place.message)
    }
  }

  /// Also while none runs, and while the node stops: their copies come later.
  private var keepsReading: Bool { driver?.mayHaveCarriers == true }

  /// The conversation is over, or begins anew.
  func keepReading(of session: Session) {
    guard keepsReading, session.peerConversation != 0, let multiplexer = session.frames as? Multiplexer else { return }
    var kept = ended[session.peer, default: []].filter { $0.numbers != Self.incoming(session) }
    kept.append(EndedConversation(numbers: Self.incoming(session), marks: multiplexer.readingMarks))
    ended[session.peer] = kept.suffix(Self.endedLimit)
    note(multiplexer.readingMarks, Self.incoming(session), session.peer)
    keepHeld(session, multiplexer)
  }

  /// Links are gone, and confirmations may be with them: what was read is put on the disk.
  func noteReading(of peer: Peer) {
    guard keepsReading, let session = peer.session, session.peerConversation != 0,
      let multiplexer = peer.multiplexer
    else { return }
    note(multiplexer.readingMarks, Self.incoming(session), peer.id)
  }

  /// What was released since over sessions that have no link.
  func noteUnnoted() {
    for id in unnoted { if let peer = core.peers[id] { noteReading(of: peer) } }
    unnoted.removeAll()
  }

  private func note(_ marks: ReadingMarks, _ numbers: SessionPlace.Conversation, _ peer: NodeID) {
    guard let driver else { return }
    for (stream, released) in marks.released where released > 0 {
      let name = Self.streamName(numbers, stream)
      guard window.reading(of: peer, name) != released else { continue }
      unsaved += window.note(
        reading: name, of: peer, upTo: released, until: driver.wallClock + Self.readingLifetime)
    }
  }

  private static func incoming(_ session: Session) -> SessionPlace.Conversation {
    .init(sender: session.peerConversation, recipient: session.conversation)
  }

  /// A stream of a conversation, short enough for the journal.
  private static func streamName(_ numbers: SessionPlace.Conversation, _ stream: UInt64) -> UInt64 {
    var writer = GrowingByteWriter(capacity: 24)
    writer.u64(numbers.sender)
    writer.u64(numbers.recipient)
    writer.u64(stream)
    return SHA256.hash(writer.written).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
