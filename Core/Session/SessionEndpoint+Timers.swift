// SPDX-License-Identifier: Apache-2.0

import MeshCrypto

extension SessionEndpoint {
  /// When `advance` has something to do next.
  public var nextDeadline: UInt64 { min(timers.next, sessionTimers.next) }

  /// Does what is due.
  public func advance(now: UInt64) {
    while let id = timers.pop(now: now) {
      guard let link = links[id], link.scheduledAt <= now else { continue }
      link.scheduledAt = link.scheduledNext
      link.scheduledNext = .max
      expire(link, now: now)
      if links[id] === link {
        // At least a step ahead, so that a deadline that cannot be served now does not turn the loop.
        let at = max(link.deadline(options: options), now + 1_000_000)
        if at < link.scheduledAt, at < UInt64.max {
          link.scheduledNext = link.scheduledAt
          link.scheduledAt = at
          timers.push(at, id: id)
        }
      }
    }
    while let serial = sessionTimers.pop(now: now) {
      guard let session = sessionsBySerial[serial], session.scheduledAt <= now else { continue }
      session.scheduledAt = session.scheduledNext
      session.scheduledNext = .max
      session.frames.advance(now: now)
      if !session.frames.pendingClasses.isEmpty { session.wantsToSend() }
      let idleAt = session.lastActivity + options.idleTimeout
      if now >= idleAt, session.frames.isIdle {
        end(session, code: CloseCode.done, now: now)
      } else {
        let again = now >= idleAt ? now + options.idleTimeout : idleAt
        schedule(session, at: max(min(again, session.frames.nextDeadline), now + 1_000_000))
      }
    }
  }

  /// The layer above has a deadline that is earlier than before.
  public func reschedule(_ session: Session) {
    schedule(session, at: session.frames.nextDeadline)
  }

  /// An entry is pushed only when it is earlier than the one that waits, so that entries do not pile up.
  func schedule(_ session: Session, at: UInt64) {
    guard at < session.scheduledAt else { return }
    session.scheduledNext = session.scheduledAt
    session.scheduledAt = at
    sessionTimers.push(at, id: session.serial)
  }

  private func expire(_ link: SecureLink, now: UInt64) {
    if now >= link.refuseAt { return fail(link, link.refusal, now: now) }
    if link.isUnfinished, now >= link.handshakeStartedAt + options.handshakeTimeout {
      guard link.current?.confirmed == true else { return fail(link, .timedOut, now: now) }
      // A fresh handshake that fails leaves the old keys in place.
      link.handshake = nil
      link.upcoming = nil
      link.unconfirmedMessage3 = nil
      link.repeatAt = .max
    }
    if now >= link.drainUntil { closeIfDrained(link, now: now) }
    if now >= link.repeatAt { repeatHandshake(link, now: now) }
    if now >= link.retirePreviousAt { retirePrevious(link, now: now) }
    if let previous = link.previous { expireAcknowledgements(previous, link: link, now: now) }
    guard let association = link.current else { return }
    expireAcknowledgements(association, link: link, now: now)
    guard association.confirmed, let session = link.session else { return }
    if now >= association.refreshAt, link.handshake == nil, link.upcoming == nil {
      // Should it fail, once more in a minute.
      association.refreshAt = now + 60 * SessionOptions.second
      startHandshake(on: link, to: session.peer, now: now)
    }
    if link.state == .suspect, now >= link.suspectAt + options.deadAfter { return fail(link, .timedOut, now: now) }
    for index in 0..<association.laneCount where association.lanes[index].sent.outstanding > 0 {
      expireLane(index, association: association, link: link, session: session, now: now)
      if links[link.id] !== link { return }
    }
    if now >= link.keepAliveAt {
      let interval = keepAliveInterval(link)
      if now >= link.lastReceivedAt + interval * 4 / 5 {
        link.pingPending = true
        markDirty(link)
      }
      link.keepAliveAt = now + interval
    }
  }

  private func expireAcknowledgements(_ association: Association, link: SecureLink, now: UInt64) {
    for index in 0..<association.laneCount where association.lanes[index].acknowledgeAt <= now {
      association.lanes[index].acknowledgeAt = 0
      markDirty(link)
    }
  }

  private func expireLane(
    _ index: Int, association: Association, link: SecureLink, session: Session, now: UInt64
  ) {
    let lane = association.lanes + index
    if !lane.pointee.streamLike {
      if now >= lane.pointee.lossTime {
        session.detectLoss(lane: index, on: link, association: association, now: now)
        markDirty(link)
      }
      if lane.pointee.sent.outstanding > 0, now >= lane.pointee.probeDeadline(options) {
        probe(lane, association: association, session: session, now: now)
        markDirty(link)
      }
    }
    guard lane.pointee.sent.outstanding > 0,
      now >= lane.pointee.suspicionDeadline(options, acknowledgedAt: link.acknowledgedAt)
    else { return }
    lane.pointee.suspectedAt = now
    if link.state == .up {
      link.state = .suspect
      link.suspectAt = now
      counters.linksSuspected += 1
      delegate?.linkSuspect(link, now: now)
    }
    if session.links.contains(where: { $0.isUsable }) {
      session.requeue(association, now: now)
      session.wantsToSend()
      // One probe stays in flight, so that a link that comes back is noticed.
      link.pingPending = true
      markDirty(link)
    }
  }

  /// RFC 9002 section 6.2.4: what is oldest is sent once more, and two packets may leave beyond the window.
  private func probe(_ lane: UnsafeMutablePointer<Lane>, association: Association, session: Session, now: UInt64) {
    lane.pointee.probes += 1
    lane.pointee.probeNeeded = true
    lane.pointee.lastElicitingAt = now
    if lane.pointee.probes == 3 { lane.pointee.congestion.collapse() }
    var number = lane.pointee.sent.first
    var found = 0
    while number < lane.pointee.sent.next, found < 2 {
      defer { number += 1 }
      guard let packet = lane.pointee.sent.outstandingPacket(number), packet.elicitsAcknowledgement else { continue }
      found += 1
      for record in 0..<UInt64(packet.recordCount) {
        session.lost(lane.pointee.sent.record(packet.firstRecord + record), association: association, now: now)
      }
    }
  }

  private func repeatHandshake(_ link: SecureLink, now: UInt64) {
    link.repeats += 1
    link.repeatAt = now + Self.repeatAfter << min(link.repeats, 4)
    guard link.outbox.isEmpty else { return markDirty(link) }
    if let message = link.unconfirmedMessage3 {
      link.outbox.append(message)
    } else if let message = link.handshake?.lastMessage, link.handshake?.isInitiator == true {
      link.outbox.append(message)
    } else {
      link.repeatAt = .max
      return
    }
    markDirty(link)
  }
}
