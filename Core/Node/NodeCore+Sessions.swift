// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshTransportManager
import MeshWire

extension NodeCore: SessionEndpointDelegate {
  /// Known peers, and others when the configuration says so.
  public func admission(of id: NodeID) -> Admission {
    guard peers[id]?.isKnown == true || acceptsUnknownPeers else {
      observer?.strangerRefused(id, limit: nil, now: now)
      return .stranger
    }
    guard peers[id] != nil || peers.count < peerLimit else {
      observer?.strangerRefused(id, limit: peerLimit, now: now)
      return .full
    }
    guard hasRoomForSession(with: id, now: now) else {
      observer?.sessionRefused(id, limit: sessionLimit, now: now)
      return .full
    }
    return .admitted
  }

  /// Whether a session with the peer exists or may begin. One that nobody misses makes room: without links, and with
  /// nothing to send.
  func hasRoomForSession(with id: NodeID, now: UInt64) -> Bool {
    guard endpoint.sessions[id] == nil, endpoint.sessions.count >= sessionLimit else { return true }
    let unused = endpoint.sessions.values.filter { $0.links.isEmpty && $0.frames.isIdle }
    let oldest = unused.min { ($0.lastActivity, $0.conversation) < ($1.lastActivity, $1.conversation) }
    guard let oldest else { return false }
    endpoint.end(oldest, code: CloseCode.done, now: now)
    return true
  }

  /// A multiplexer with the node's options.
  public func makeFrameLayer(for id: NodeID) -> any FrameLayer {
    let multiplexer = Multiplexer(opensEven: identity.id < id, options: multiplexerOptions)
    multiplexer.acceptor = self
    return multiplexer
  }

  /// A link joins a session: the transport manager decides what it carries.
  public func linkConfirmed(_ link: SecureLink, session: Session, now: UInt64) {
    guard var state = links[link.id], let peer = try? adopt(session) else {
      endpoint.drain(link.id, limit: 0, now: now)
      return
    }
    let attempt = state.attempt
    if let attempt { linkOfAttempt[attempt] = nil }
    state.attempt = nil
    state.peer = peer.id
    state.isConfirmed = true
    links[link.id] = state
    peer.lastSeen = now
    peer.isUnreachable = false
    carriage.linkConfirmed(peer)
    if !carriage.skips.isEmpty { carriage.applySkips(to: session) }
    if !carriage.waiting.isEmpty { carriage.waitingAt = now }
    transports.linkUp(
      peer.handle, link: LinkHandle(rawValue: link.id), attempt: attempt, transport: state.transport,
      address: state.address, capabilities: state.capabilities, now: now)
    if link.roundTrip > 0 { transports.rttSample(LinkHandle(rawValue: link.id), link.roundTrip, now: now) }
    transportsChanged = true
    observer?.link(
      link.id, of: peer, transport: state.transport, event: .confirmed, text: state.address, now: now)
    if session.links.count == 1 { observer?.peer(peer, isConnected: true, now: now) }
  }

  /// Ties a session to its peer.
  func adopt(_ session: Session) throws(NodeError) -> Peer {
    let peer = try self.peer(session.peer, isKnown: false)
    if peer.session !== session {
      peer.session = session
      peer.multiplexer = session.frames as? Multiplexer
      peer.forgetFlows()
      peer.multiplexer?.tag = peer.handle.rawValue
      if session.links.isEmpty { carriage.linksLost(peer, now: now) }
      // Taken back with `close` or `detach` before the session goes.
      let unretained = Unmanaged.passUnretained(session)
      peer.multiplexer?.wake = { unretained._withUnsafeGuaranteedRef { $0.wantsToSend() } }
      peer.multiplexer?.reschedule = { [unowned session, unowned endpoint] in endpoint.reschedule(session) }
      if !peer.isKnown {
        _ = transports.setPeer(peer.handle, addresses: peer.addresses, dialsWin: identity.id < peer.id, now: now)
      }
    }
    return peer
  }

  /// A link is of no use any more: its failure goes to the transport manager, and it is closed.
  public func linkFailed(_ link: SecureLink, error: SessionError, now: UInt64) {
    guard let state = links.removeValue(forKey: link.id) else { return }
    let stage: PathFailure.Stage
    let kind: PathFailure.Kind
    var code: Int32 = -15
    switch error {
    case .timedOut: (stage, kind, code) = (state.isConfirmed ? .diedLater : .timedOut, .transient, -10)
    case .refused: (stage, kind, code) = (.refused, .auth, -14)
    case .refusedByPeer: (stage, kind, code) = (.notAdmitted, .auth, -14)
    case .peerFull: (stage, kind, code) = (.refused, .resource, -20)
    case .handshakeFailed: (stage, kind, code) = (.handshake, .auth, -14)
    case .versionMismatch: (stage, kind, code) = (.handshake, .unsupported, -25)
    case .closedByPeer: (stage, kind, code) = (.diedLater, .peer, -12)
    case .peerRestarted: (stage, kind, code) = (state.isConfirmed ? .diedLater : .handshake, .peer, -13)
    case .limit: (stage, kind, code) = (.refused, .resource, -20)
    case .integrityLimit, .protocolViolation, .stale:
      (stage, kind) = (state.isConfirmed ? .diedLater : .handshake, .peer)
    }
    let failure = error == .closedByPeer ? nil : PathFailure(code: code, kind: kind, stage: stage, text: error.text)
    transportsChanged = true
    let peer = state.peer.flatMap { peers[$0] }
    if state.isConfirmed {
      transports.linkDown(LinkHandle(rawValue: link.id), failure, now: now)
      rttReported[link.id] = nil
      if let peer, peer.links.isEmpty { disconnected(peer, now: now) }
    } else if let attempt = state.attempt {
      linkOfAttempt[attempt] = nil
      let text = failure?.text ?? "the peer closed the link during the handshake"
      transports.attemptFailed(
        attempt, failure ?? PathFailure(code: -12, kind: .peer, stage: .handshake, text: text), now: now)
    }
    observer?.link(
      link.id, of: peer, transport: state.transport, event: failure == nil ? .closed : .failed, text: error.text,
      now: now)
    // A peer that was just told why must have time to read it.
    driver?.disconnect(link.id, abort: error == .timedOut)
  }

  /// See `SessionEndpointDelegate.linkSuspect`.
  public func linkSuspect(_ link: SecureLink, now: UInt64) {
    transports.linkSuspect(LinkHandle(rawValue: link.id), now: now)
    transportsChanged = true
    guard let state = links[link.id] else { return }
    observer?.link(
      link.id, of: state.peer.flatMap { peers[$0] }, transport: state.transport, event: .suspect,
      text: "nothing was acknowledged in time", now: now)
  }

  /// See `SessionEndpointDelegate.linkRecovered`.
  public func linkRecovered(_ link: SecureLink, now: UInt64) {
    transports.linkRecovered(LinkHandle(rawValue: link.id), now: now)
    transportsChanged = true
    guard let state = links[link.id] else { return }
    observer?.link(
      link.id, of: state.peer.flatMap { peers[$0] }, transport: state.transport, event: .recovered, text: "", now: now)
  }

  /// See `SessionEndpointDelegate.sessionRestarts`.
  public func sessionRestarts(_ session: Session, now: UInt64) { carriage.keepReading(of: session) }

  /// See `SessionEndpointDelegate.sessionRestarted`.
  public func sessionRestarted(_ session: Session, now: UInt64) {
    guard let peer = peers[session.peer] else { return }
    observer?.peerRestarted(peer, now: now)
  }

  /// See `SessionEndpointDelegate.sessionEnded`.
  public func sessionEnded(_ session: Session, now: UInt64) {
    self.now = now
    let multiplexer = session.frames as? Multiplexer
    carriage.sessionEnding(session, now: now)
    endedDrops.messages += multiplexer?.counters.messagesDropped ?? 0
    endedDrops.datagrams += multiplexer?.counters.datagramsDropped ?? 0
    if let peer = peers[session.peer], peer.session === session {
      peer.lastConversation = session.conversation
      peer.session = nil
      peer.multiplexer = nil
      peer.forgetFlows()
    }
    // Whoever hears of the end may already open a stream of the next session.
    multiplexer?.close()
  }

  /// Tells the transport manager round trips that have changed by more than an eighth.
  func reportRoundTrips(now: UInt64) {
    for peer in peers.values {
      for link in peer.links {
        let measured = link.roundTrip
        let last = rttReported[link.id] ?? 0
        guard measured > 0, measured > last + last / 8 || measured + last / 8 < last else { continue }
        rttReported[link.id] = measured
        transports.rttSample(LinkHandle(rawValue: link.id), measured, now: now)
        transportsChanged = true
      }
    }
  }
}
