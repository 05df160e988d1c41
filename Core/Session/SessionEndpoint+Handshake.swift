// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

extension SessionEndpoint {
  /// First repetition of a handshake message on a lossy link, nanoseconds; it doubles.
  static var repeatAfter: UInt64 { 333 * SessionOptions.millisecond }

  func newReceiverBase() -> UInt32 {
    nextIndex &+= 8
    return nextIndex
  }

  // MARK: initiator

  /// A peer is being dialled: what its handshake can begin with is made while the dial takes its time.
  public func prepareHandshake(with peer: NodeID, now: UInt64) {
    keysAhead.makeOpening(to: peer, keys: &noiseKeys, random: random, now: now)
  }

  func startHandshake(on link: SecureLink, to peer: NodeID, now: UInt64) {
    do throws(SessionError) {
      var handshake = try LinkHandshake(
        initiating: peer, identity: identity, keys: &noiseKeys, opening: keysAhead.takeOpening(to: peer, now: now),
        binding: link.binding, receiverBase: newReceiverBase(), random: random, now: now)
      let message = try handshake.message1(ciphers: options.ciphers, network: networkKeys)
      link.handshake = handshake
      link.handshakeStartedAt = now
      counters.handshakesStarted += 1
      send(message, on: link, repeating: true, now: now)
    } catch { fail(link, error, now: now) }
  }

  func receiveMessage2(_ packet: UnsafeRawBufferPointer, on link: SecureLink, now: UInt64) throws(SessionError) {
    guard packet.count > 5, let base = link.handshake?.receiverBase, link.handshake?.isInitiator == true,
      UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) == base
    else {
      // A repeated message 2 means that message 3 was lost.
      if let waiting = link.unconfirmedMessage3, packet.count > 5, link.outbox.isEmpty {
        link.outbox.append(waiting)
        markDirty(link)
      }
      return
    }
    guard var handshake = link.handshake.take(), let peer = handshake.peer else { return }
    do throws(SessionError) {
      try handshake.readMessage2(packet, offered: options.ciphers)
    } catch {
      // On a link where anybody can inject packets, a bad answer only costs this attempt.
      if link.characteristics.isStreamLike { throw error }
      return startHandshake(on: link, to: peer, now: now)
    }
    guard let session = session(with: peer, now: now) else { return }
    let message = try handshake.message3(
      identity: identity,
      confirmation: .init(conversation: session.conversation, parameters: options.parameters))
    let roundTrip = now - handshake.startedAt
    let own = handshake.receiverBase
    let theirs = handshake.peerReceiverBase
    let association = Association(
      cipher: try handshake.makeCipher(now: now), receiverBase: own, peerReceiverBase: theirs, initiator: true,
      characteristics: link.characteristics, options: options, now: now)
    association.noteHandshake(roundTrip: roundTrip)
    link.unconfirmedMessage3 = message
    if link.current == nil { link.current = association } else { link.upcoming = association }
    if link.session == nil { link.pendingSession = session }
    send(message, on: link, repeating: true, now: now)
  }

  /// The peer's confirmation: the link now belongs to the session.
  func confirmed(
    _ link: SecureLink, _ association: Association, _ confirmation: LinkHandshake.Confirmation, session: Session,
    now: UInt64
  ) {
    guard !association.confirmed else { return }
    if confirmation.conversation < session.peerConversation {
      // The link leads to a life of the peer that is over, or the peer has lost its count: it is told ours.
      counters.staleHandshakes += 1
      link.unconfirmedMessage3 = nil
      link.repeatAt = .max
      link.closeCode = CloseCode.stale
      return markDirty(link)
    }
    association.confirmed = true
    link.unconfirmedMessage3 = nil
    link.repeatAt = .max
    if association === link.upcoming {
      retirePrevious(link, now: now)
      link.previous = link.current
      link.current = association
      link.upcoming = nil
      link.retirePreviousAt = now + 3 * SessionOptions.second
    }
    counters.handshakesCompleted += 1
    join(link, session: session, confirmation: confirmation, now: now)
  }

  func receiveCookie(_ packet: UnsafeRawBufferPointer, on link: SecureLink, now: UInt64) {
    guard let message = link.handshake?.answerCookie(packet, network: networkKeys) else { return refuse(link) }
    send(message, on: link, repeating: true, now: now)
  }

  func receiveUnknown(_ packet: UnsafeRawBufferPointer, on link: SecureLink, now: UInt64) {
    guard packet.count == 5, let current = link.current, link.handshake == nil, link.upcoming == nil,
      let peer = link.session?.peer,
      UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) & ~7 == current.peerReceiverBase,
      now >= link.handshakeStartedAt + SessionOptions.second
    else { return refuse(link) }
    startHandshake(on: link, to: peer, now: now)
  }

  // MARK: responder

  func receiveMessage1(_ packet: UnsafeRawBufferPointer, on link: SecureLink, now: UInt64) throws(SessionError) {
    guard let body = LinkHandshake.body(ofMessage1: packet), networkKeys.acceptsMac1(packet) else {
      if link.characteristics.isStreamLike, link.current == nil {
        throw .handshakeFailed("it is meant for another node")
      }
      return refuse(link)
    }
    guard packet[1] == LinkHandshake.version else {
      // Anybody who knows our name can write this; on a datagram link it must not cost the link.
      if link.characteristics.isStreamLike { throw .versionMismatch }
      return refuse(link)
    }
    if link.handshake?.isInitiator == true {
      // Both sides began at once on one link: the smaller name goes on.
      guard let peer = link.session?.peer, identity.id > peer else { return refuse(link) }
      link.handshake = nil
      link.repeatAt = .max
    }
    if !link.characteristics.isStreamLike {
      if let answered = link.answeredMessage1, answered.elementsEqual(packet) {
        if let message = link.handshake?.lastMessage { send(message, on: link, repeating: false, now: now) }
        return
      }
      if halfOpen >= options.cookieThreshold {
        let cookie = networkKeys.cookie(for: link.source, random: random, now: now)
        guard networkKeys.acceptsMac2(packet, cookie: cookie) else {
          counters.cookiesSent += 1
          let answer = networkKeys.seal(cookie: cookie, for: packet, random: random)
          return send(answer, on: link, repeating: false, now: now)
        }
      }
      link.answeredMessage1 = Array(packet)
    }
    var handshake = LinkHandshake(
      respondingAs: identity, ephemeral: keysAhead.takeAnswer(now: now), binding: link.binding,
      receiverBase: newReceiverBase(), random: random, now: now)
    do throws(SessionError) {
      try handshake.readMessage1(body, accepted: options.ciphers)
    } catch {
      if link.characteristics.isStreamLike { throw error }
      return refuse(link)
    }
    let message = try handshake.message2()
    link.handshake = handshake
    // A half-open link has its time from the start, however often it begins anew.
    if link.current?.confirmed == true { link.handshakeStartedAt = now }
    counters.handshakesStarted += 1
    send(message, on: link, repeating: false, now: now)
  }

  func receiveMessage3(_ packet: UnsafeRawBufferPointer, on link: SecureLink, now: UInt64) throws(SessionError) {
    guard packet.count > 5, link.handshake?.isInitiator == false,
      let base = link.handshake?.receiverBase,
      UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) == base,
      var handshake = link.handshake
    else { return }
    do throws(SessionError) {
      try handshake.readMessage3(packet, keys: &noiseKeys)
    } catch {
      if link.characteristics.isStreamLike { throw error }
      // The state before this message is kept: the good one is repeated.
      return refuse(link)
    }
    link.handshake = nil
    guard let peer = handshake.peer, let confirmation = handshake.confirmation else { return }
    if let known = link.peer, known != peer {
      if link.characteristics.isStreamLike { throw .handshakeFailed("another node took over the link") }
      return refuse(link)
    }
    let roundTrip = now - handshake.startedAt
    let own = handshake.receiverBase
    let theirs = handshake.peerReceiverBase
    let association = Association(
      cipher: try handshake.makeCipher(now: now), receiverBase: own, peerReceiverBase: theirs, initiator: false,
      characteristics: link.characteristics, options: options, now: now)
    association.noteHandshake(roundTrip: roundTrip)
    let admission = peer == identity.id ? .stranger : delegate?.admission(of: peer) ?? .stranger
    guard admission == .admitted, let session = session(with: peer, now: now) else {
      counters.handshakesRefused += 1
      let code = admission == .full ? CloseCode.full : CloseCode.refused
      return sendRefusal(on: link, association: association, code: code, now: now)
    }
    if confirmation.conversation < session.peerConversation {
      counters.staleHandshakes += 1
      // A link that is in use has been confirmed by a later life already.
      if link.current != nil { return refuse(link) }
      return sendRefusal(
        on: link, association: association, code: CloseCode.stale, known: session.peerConversation, now: now)
    }
    if link.current != nil {
      retirePrevious(link, now: now)
      link.previous = link.current
      link.retirePreviousAt = now + 3 * SessionOptions.second
    }
    link.current = association
    counters.handshakesCompleted += 1
    join(link, session: session, confirmation: confirmation, now: now)
  }

  /// The refusal is sealed: only the one who proved the refused name learns of it.
  private func sendRefusal(
    on link: SecureLink, association: Association, code: UInt64, known: UInt64 = 0, now: UInt64
  ) {
    switch code {
    case CloseCode.stale: link.refusal = .stale
    case CloseCode.full: link.refusal = .limit
    default: link.refusal = .refused
    }
    var packet = [UInt8](repeating: 0, count: PacketHeader.overhead + SessionFrame.closeRoom)
    var header = PacketHeader(phase: 0, receiver: association.peerReceiverBase, number: 0)
    let frames = packet.withUnsafeMutableBytes {
      let frames = SessionFrame.writeClose(code, known: known, to: $0.baseAddress! + PacketHeader.length)
      association.cipher.seal(header: &header, lane: 0, packet: $0.baseAddress!, frames: frames)
      return frames
    }
    packet.removeLast(packet.count - PacketHeader.overhead - frames)
    send(packet, on: link, repeating: false, now: now)
    link.refuseAt = now + SessionOptions.second
    schedule(link, now: now)
  }

  // MARK: both

  private func join(
    _ link: SecureLink, session: Session, confirmation: LinkHandshake.Confirmation, now: UInt64
  ) {
    noteNoLongerHalfOpen(link)
    let first = !session.hasMetPeer
    session.hasMetPeer = true
    if session.peerConversation != confirmation.conversation {
      if !first { delegate?.sessionRestarts(session, now: now) }
      session.peerConversation = confirmation.conversation
      // The peer that the other links led to exists no more.
      forsake(session, except: link, error: .peerRestarted, now: now)
      link.previous?.abandon { _ in }
      session.frames.restart(parameters: confirmation.parameters, now: now)
      if !first { delegate?.sessionRestarted(session, now: now) }
    }
    let isNew = link.session == nil
    link.conversation = confirmation.conversation
    link.state = .up
    link.pendingSession = nil
    link.session = session
    link.keepAliveAt = now + keepAliveInterval(link)
    if identity.id < session.peer { link.current?.refreshAt = now + options.rehandshakeAfter }
    session.lastActivity = now
    if isNew {
      session.links.append(link)
      for other in session.links where other.state == .suspect {
        if let association = other.current { session.requeue(association, now: now) }
      }
      delegate?.linkConfirmed(link, session: session, now: now)
    }
    session.wantsToSend()
    markDirty(link)
  }

  func retirePrevious(_ link: SecureLink, now: UInt64) {
    link.retirePreviousAt = .max
    guard let previous = link.previous else { return }
    link.previous = nil
    link.session?.requeue(previous, now: now)
  }

  /// The interval, longer for costly links, moved by up to a fifth so that links do not beat in step.
  func keepAliveInterval(_ link: SecureLink) -> UInt64 {
    let base = options.keepAlive * link.characteristics.keepAliveFactor
    let spread = UInt64(random.bytes(1)[0])
    return base - base / 5 + base * 2 / 5 * spread / 255
  }

  /// A data packet for keys we do not have: the peer may not know that we were restarted.
  func answerUnknown(_ link: SecureLink, receiver: UInt32, now: UInt64) {
    refuse(link)
    guard now >= link.unknownAnsweredAt + SessionOptions.second || link.unknownAnsweredAt == 0 else { return }
    link.unknownAnsweredAt = now
    send(
      [PacketHeader.Kind.unknown.rawValue] + withUnsafeBytes(of: receiver.bigEndian) { Array($0) }, on: link,
      repeating: false, now: now)
  }

  /// The peer said goodbye; `known` is the number that it knows of us, where it takes ours for one of an earlier life.
  func peerClosed(_ link: SecureLink, code: UInt64, known: UInt64, session: Session, now: UInt64) {
    switch code {
    case CloseCode.stale:
      if known >= session.conversation { renumber(session, above: known, now: now) }
      fail(link, .stale, now: now)
    case CloseCode.refused: fail(link, .refusedByPeer, now: now)
    case CloseCode.full: fail(link, .peerFull, now: now)
    default: fail(link, .closedByPeer, now: now)
    }
  }

  /// The peer has met us with a larger number than ours: our state was lost, and the clock was set back. The conversation
  /// begins anew with a number that it takes. A peer that makes the number up harms its own session only.
  private func renumber(_ session: Session, above known: UInt64, now: UInt64) {
    guard known < ConversationNumbers.limit - 1 else { return }
    session.conversation = known + 1
    session.peerConversation = 0
    forsake(session, error: .stale, now: now)
  }

  /// Gives up the links of a session but `kept`; what they owed is started over, not handed on.
  private func forsake(_ session: Session, except kept: SecureLink? = nil, error: SessionError, now: UInt64) {
    for other in session.links where other !== kept {
      for association in [other.previous, other.current, other.upcoming] { association?.abandon { _ in } }
      fail(other, error, now: now)
    }
  }

  func send(_ message: [UInt8], on link: SecureLink, repeating: Bool, now: UInt64) {
    // Four datagrams are more than a handshake ever has in hand; a flood cannot grow the list.
    if link.outbox.count < 4 { link.outbox.append(message) }
    link.repeats = 0
    link.repeatAt = repeating && !link.characteristics.reliable ? now + Self.repeatAfter : .max
    markDirty(link)
  }
}
