// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

/// All sessions of one node: time, links and packets in, packets and events out.
///
/// It owns no socket, clock or source of randomness. The driver tells it of links (`linkUp`, `linkDown`) and packets
/// (`receive`), calls `advance` at `nextDeadline`, and takes packets with `nextPacket` from every link that
/// `takeDirtyLinks` names, for as long as the link has credit and packets come.
public final class SessionEndpoint {
  /// The node's key.
  public let identity: Identity
  /// The figures for sessions and links; changes hold for what begins later.
  public var options: SessionOptions
  /// Who is asked and told.
  public unowned(unsafe) var delegate: (any SessionEndpointDelegate)?
  /// Sessions by the peer's name.
  public internal(set) var sessions: [NodeID: Session] = [:]
  /// Until then the next packets are expected within microseconds, and somebody waits for them: urgent ones pass bulk on a
  /// link whose round trip is short.
  public private(set) var promptUntil: UInt64 = 0
  /// Until then the answer to an urgent packet may come within microseconds: it went on a link whose round trip is short.
  public private(set) var answerUntil: UInt64 = 0
  /// Totals since the start.
  public internal(set) var counters = Counters()

  /// What the endpoint has refused or begun.
  public struct Counters: Sendable {
    /// Handshakes begun by either side.
    public var handshakesStarted: UInt64 = 0
    /// Handshakes confirmed.
    public var handshakesCompleted: UInt64 = 0
    /// Links that died before they were confirmed.
    public var handshakesFailed: UInt64 = 0
    /// Handshakes refused by the access list or a limit.
    public var handshakesRefused: UInt64 = 0
    /// Handshakes refused because they were of an earlier life of a node.
    public var staleHandshakes: UInt64 = 0
    /// First messages answered with a cookie.
    public var cookiesSent: UInt64 = 0
    /// Packets refused on all links.
    public var packetsRefused: UInt64 = 0
    /// Times a link became suspect.
    public var linksSuspected: UInt64 = 0
  }

  let random: RandomBytes
  var networkKeys: NetworkKeys
  var noiseKeys = NoiseKeys()
  var keysAhead = KeysAhead()
  var links: [UInt64: SecureLink] = [:]
  /// The link of the last packet: most come in runs, and a look-up costs as much as all other work but the cipher.
  private var recent: SecureLink?
  var dirty: [SecureLink] = []
  var timers = TimerQueue()
  var sessionTimers = TimerQueue()
  var sessionsBySerial: [UInt64: Session] = [:]
  private var conversations: ConversationNumbers
  private var lastSerial: UInt64 = 0
  var halfOpen = 0
  var halfOpenBySource: [UInt64: Int] = [:]
  var nextIndex: UInt32

  /// An endpoint without sessions. `random` gives ephemeral keys and numbers.
  ///
  /// `incarnation`, from 1 to 2^43 - 1, must be larger than in every earlier life of this identity: milliseconds since
  /// 1970, or one more than the last where the clock went back. Peers refuse a life that is over.
  public init(
    identity: Identity, incarnation: UInt64, options: SessionOptions = SessionOptions(), random: RandomBytes
  ) {
    self.identity = identity
    self.options = options
    self.random = random
    conversations = ConversationNumbers(incarnation: incarnation)
    networkKeys = NetworkKeys(own: identity.id, random: random)
    nextIndex = random.bytes(4).reduce(0) { $0 << 8 | UInt32($1) } & ~7
  }

  /// Urgent packets and others pass on one link.
  func noteSideBySide(_ association: Association, now: UInt64) {
    if association.pathRoundTrip < options.promptRoundTrip { promptUntil = now + options.promptFor }
  }

  /// An urgent packet goes.
  func noteAsked(_ association: Association, now: UInt64) {
    if association.pathRoundTrip < options.promptRoundTrip { answerUntil = now + options.promptFor }
  }

  // MARK: sessions

  /// The session with a peer, begun if there is none. It may wait for its first link.
  public func session(with peer: NodeID, now: UInt64) -> Session? {
    if let session = sessions[peer] { return session }
    guard let delegate else { return nil }
    lastSerial += 1
    let session = Session(
      peer: peer, conversation: conversations.next(), serial: lastSerial, frames: delegate.makeFrameLayer(for: peer),
      endpoint: self, now: now)
    sessions[peer] = session
    sessionsBySerial[session.serial] = session
    schedule(session, at: now + options.idleTimeout)
    return session
  }

  /// Ends a session: its links say goodbye with `code`, and nothing of it is kept.
  public func end(_ session: Session, code: UInt64, now: UInt64) {
    guard !session.isClosed else { return }
    session.isClosed = true
    sessions[session.peer] = nil
    sessionsBySerial[session.serial] = nil
    for link in session.links {
      // The link keeps the session until the goodbye is written and the link is gone.
      link.pendingSession = session
      link.closeCode = code
      markDirty(link)
    }
    delegate?.sessionEnded(session, now: now)
  }

  deinit {
    for link in links.values {
      link.session = nil
      link.pendingSession = nil
    }
  }

  // MARK: links

  /// A link has come up. `dialled` is the peer that was dialled; nil means that somebody dialled us.
  public func linkUp(
    _ id: UInt64, dialled: NodeID?, characteristics: LinkCharacteristics, binding: [UInt8], source: UInt64 = 0,
    now: UInt64
  ) {
    let link = SecureLink(
      id: id, dialled: dialled, characteristics: characteristics, binding: binding, source: source, now: now)
    links[id] = link
    link.handshakeStartedAt = now
    if let dialled {
      startHandshake(on: link, to: dialled, now: now)
    } else {
      let share = halfOpenBySource[source, default: 0]
      guard halfOpen < options.halfOpenLimit, share < options.halfOpenPerSource else {
        counters.handshakesRefused += 1
        links[id] = nil
        delegate?.linkFailed(link, error: .limit, now: now)
        return
      }
      halfOpen += 1
      halfOpenBySource[source] = share + 1
      keysAhead.makeAnswer(random: random, now: now)
    }
    schedule(link, now: now)
  }

  /// The link is gone: what it still owed leaves on the others.
  public func linkDown(_ id: UInt64, now: UInt64) {
    guard let link = links.removeValue(forKey: id) else { return }
    detach(link, now: now)
  }

  /// The link's capabilities have changed, for example its MTU.
  public func linkChanged(_ id: UInt64, characteristics: LinkCharacteristics) {
    guard let link = links[id] else { return }
    let (lanes, openLanes) = (link.characteristics.lanes, link.characteristics.openLanes)
    link.characteristics = characteristics
    // The number of lanes belongs to the keys; it changes with the next handshake.
    link.characteristics.lanes = lanes
    link.characteristics.openLanes = openLanes
  }

  /// A lane of the link, from 1 to 7, carries packets from now on.
  public func laneOpened(_ lane: Int, of id: UInt64) {
    guard let link = links[id], lane < link.characteristics.lanes else { return }
    link.characteristics.openLanes.insert(LaneSet(lane: lane))
  }

  /// The link with this id, while it is known.
  public func link(_ id: UInt64) -> SecureLink? { links[id] }

  /// Closes a link when everything it carries is acknowledged, at the latest after `limit` nanoseconds: then what is
  /// left moves to the others. The driver sees `SecureLink.state == .closed` when the goodbye has been written.
  public func drain(_ id: UInt64, limit: UInt64 = 3_000_000_000, now: UInt64) {
    guard let link = links[id], !link.isDraining else { return }
    link.isDraining = true
    link.drainUntil = now + limit
    closeIfDrained(link, now: now)
    link.session?.wantsToSend()
    schedule(link, now: now)
  }

  func closeIfDrained(_ link: SecureLink, now: UInt64) {
    guard link.isDraining, link.closeCode == nil, link.state != .closed else { return }
    if link.current?.hasOutstanding != true || now >= link.drainUntil {
      link.drainUntil = .max
      link.closeCode = CloseCode.done
      markDirty(link)
    }
  }

  func detach(_ link: SecureLink, now: UInt64) {
    noteNoLongerHalfOpen(link)
    if recent === link { recent = nil }
    link.state = .closed
    link.handshake = nil
    let session = link.session
    session?.links.removeAll { $0 === link }
    for association in [link.previous, link.current, link.upcoming] {
      if let association, let session { session.requeue(association, now: now) }
    }
    link.previous = nil
    link.current = nil
    link.upcoming = nil
    link.pendingSession = nil
    if let session, !session.isClosed {
      session.lastActivity = now
      schedule(session, at: now + options.idleTimeout)
      session.wantsToSend()
    }
  }

  func fail(_ link: SecureLink, _ error: SessionError, now: UInt64) {
    guard links.removeValue(forKey: link.id) != nil else { return }
    if link.session == nil { counters.handshakesFailed += 1 }
    detach(link, now: now)
    delegate?.linkFailed(link, error: error, now: now)
  }

  func noteNoLongerHalfOpen(_ link: SecureLink) {
    guard link.dialled == nil, link.state == .handshaking else { return }
    halfOpen -= 1
    if let share = halfOpenBySource[link.source] { halfOpenBySource[link.source] = share > 1 ? share - 1 : nil }
  }

  // MARK: sending

  func markDirty(_ link: SecureLink) {
    guard !link.isDirty else { return }
    link.isDirty = true
    dirty.append(link)
  }

  /// A link has credit again.
  public func wantsToSend(on link: SecureLink) { markDirty(link) }

  /// Sends something on the link that has to be acknowledged.
  public func probe(_ link: SecureLink) {
    guard link.current?.confirmed == true else { return }
    link.pingPending = true
    markDirty(link)
  }

  /// The links that may have something to send since the last call, in `list`, which is emptied first.
  public func takeDirtyLinks(into list: inout [SecureLink]) {
    list.removeAll(keepingCapacity: true)
    swap(&list, &dirty)
    for link in list {
      link.isDirty = false
      link.unretainedSession?._withUnsafeGuaranteedRef { $0.isAwake = false }
    }
  }

  /// Whether `nextPacket` may have something for the link; false spares its caller the memory for it.
  public func mayHavePacket(on link: SecureLink) -> Bool {
    guard link.outbox.isEmpty, link.previous == nil, link.closeCode == nil, !link.pingPending else { return true }
    guard let session = link.unretainedSession, let current = link.current else { return false }
    return current.owesPacket || session._withUnsafeGuaranteedRef { !$0.frames.pendingClasses.isEmpty }
  }

  /// Writes the next packet of `link` into `space`, which must hold its MTU, for one of `lanes`. Lane 0 has to be among
  /// them: what belongs to no class goes there.
  public func nextPacket(
    on link: SecureLink, into space: UnsafeMutableRawBufferPointer, lanes: LaneSet = .all, now: UInt64
  ) -> OutgoingPacket {
    if !link.outbox.isEmpty {
      let message = link.outbox.removeFirst()
      guard message.count <= space.count else { return .none }
      space.copyBytes(from: message)
      return OutgoingPacket(length: message.count, lane: 0, trafficClass: .control)
    }
    guard let session = link.unretainedSession, link.state != .closed else { return .none }
    let packet = session._withUnsafeGuaranteedRef { $0.nextPacket(on: link, into: space, lanes: lanes, now: now) }
    if packet.length > 0 { schedule(link, now: now) }
    return packet
  }

  // MARK: receiving

  /// A packet arrived on a link. It is opened in place.
  public func receive(_ id: UInt64, packet: UnsafeMutableRawBufferPointer, now: UInt64) {
    if recent?.id != id || recent?.state == .closed { recent = links[id] }
    guard let link = recent else { return }
    link.counters.packetsReceived += 1
    link.counters.bytesReceived += UInt64(packet.count)
    do {
      switch PacketHeader.kind(of: .init(packet)) {
      case .data: try receiveData(packet, on: link, now: now)
      case .handshake1: try receiveMessage1(.init(packet), on: link, now: now)
      case .handshake2: try receiveMessage2(.init(packet), on: link, now: now)
      case .handshake3: try receiveMessage3(.init(packet), on: link, now: now)
      case .unknown: receiveUnknown(.init(packet), on: link, now: now)
      case .cookie: receiveCookie(.init(packet), on: link, now: now)
      case nil: refuse(link)
      }
    } catch { fail(link, error, now: now) }
    if link.state != .closed { schedule(link, now: now) } else { recent = nil }
  }

  private func receiveData(_ packet: UnsafeMutableRawBufferPointer, on link: SecureLink, now: UInt64)
    throws(SessionError)
  {
    guard let header = PacketHeader(.init(packet)) else { return refuse(link) }
    guard let association = link.association(receiver: header.receiver) else {
      return answerUnknown(link, receiver: header.receiver, now: now)
    }
    guard let opened = association.open(packet, header: header, now: now) else {
      if link.characteristics.isStreamLike {
        throw .protocolViolation("a packet of an ordered link is damaged or out of order")
      }
      if association.cipher.failedOpens >= options.integrityLimit { throw .integrityLimit }
      return refuse(link)
    }
    link.lastReceivedAt = now
    guard let session = link.session ?? link.pendingSession else { return refuse(link) }
    let before = association.acknowledgementDue
    if try session.receive(
      opened.frames, number: header.number, lane: opened.lane, on: link, association: association, now: now)
    {
      if association.acknowledgementDue, !before { markDirty(link) }
    }
  }

  func refuse(_ link: SecureLink) {
    link.counters.refused += 1
    counters.packetsRefused += 1
  }

  func schedule(_ link: SecureLink, now: UInt64) {
    let at = link.deadline(options: options)
    guard at < link.scheduledAt else { return }
    link.scheduledNext = link.scheduledAt
    link.scheduledAt = at
    timers.push(at, id: link.id)
  }
}
