// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTickets
import TransportDriver

extension Instance {
  /// How long a connection waits before it asks the pool for buffers again.
  private static let starvedDelay: UInt64 = 2_000_000

  /// One turn of the loop.
  func ready(_ events: UnsafePointer<mesh_ready>?, _ count: Int, now: UInt64) -> UInt64 {
    inReady = true
    budget = Self.turnBytes
    visitorBudget = Self.visitorBytes
    handshakes = Self.turnHandshakes
    // What is due goes out before anything is read: so an answer carries the acknowledgement of its question. Before that,
    // links whose ticket is on disk are opened: their answers go with the end of the handshake.
    if let events, records.isWriting { dispatchStored(events, count) }
    pollPorts()
    departed.removeAll(keepingCapacity: true)
    riseSettled()
    if lateAt <= now { answerLate() }
    makeTickets()
    if let events {
      for index in 0..<count { dispatch(events[index]) }
    }
    let waiting = starved
    starved.removeAll(keepingCapacity: true)
    for connection in waiting where connection.phase != .gone {
      resumeStarved(connection)
      if !connection.isStarved { receive(connection) }
    }
    expire(now)
    finishCall()
    tellLack(site.takeLack(), "files of the site cannot be opened, and visitors are answered with 500")
    inReady = false
    announcedDeadline = nextDeadline()
    return announcedDeadline
  }

  private func dispatch(_ event: mesh_ready) {
    guard let token = Token(event.token) else { return }
    switch token.kind {
    case .listener: if let listener = listenerSlots[token.slot] { acceptConnections(listener) }
    case .attempt: if let connection = connection(token) { attemptEnded(connection, Int(token.attempt)) }
    case .resolver: if event.kind == MESH_READY_OFFLOAD { offloadedEnded(token.slot) }
    case .wake: resumeUnread()
    case .restore where token.slot == 0: restored(event)
    case .restore: calibrationLoaded(event, slot: token.slot)
    case .datagrams: portReady(token.slot, event.mask)
    case .store: if token.slot == 0, records.isWriting { stored(event.status) }
    case .link:
      guard let connection = connection(token) else { return }
      if event.mask & MESH_WATCH_WRITE != 0 { flush(connection) }
      let isReadable = event.mask & (MESH_WATCH_READ | MESH_WATCH_ERROR) != 0
      if isReadable, connection.phase != .gone, !connection.isStarved, budget > 0 { readable(connection) }
    }
  }

  private func dispatchStored(_ events: UnsafePointer<mesh_ready>, _ count: Int) {
    for index in 0..<count {
      guard let token = Token(events[index].token), token.kind == .store else { continue }
      dispatch(events[index])
    }
  }

  private func resumeUnread() {
    let waiting = unread
    unread.removeAll(keepingCapacity: true)
    guard !waiting.isEmpty else { return }
    // Each turn begins with another one, as visitors share what is read.
    unreadFirst = (unreadFirst &+ 1) % waiting.count
    for connection in waiting[unreadFirst...] + waiting[..<unreadFirst] {
      connection.hasUnreadTLS = false
      if connection.phase != .gone, !connection.isStarved { receive(connection) }
    }
  }

  private func expire(_ now: UInt64) {
    for connection in timed where connection.phase != .gone {
      if connection.deadline <= now, connection.timer?.isIdle == true {
        connection.server?.shut()
        flush(connection)
        end(connection, Self.closed)
      } else if connection.deadline <= now, connection.page != nil || connection.pageClient != nil {
        connection.page?.shut()
        flush(connection)
        end(connection, Self.closed)
      } else if connection.deadline <= now {
        let refusal = connection.dial?.lastFailure
        let timeout = Failure(MESH_E_TIMEOUT, MESH_CLASS_TRANSIENT, "no answer in time")
        end(connection, refusal?.code == MESH_E_REFUSED ? refusal ?? timeout : timeout)
      } else if let dial = connection.dial, dial.nextAttempt <= now {
        tryNextAddress(connection)
      } else if connection.patience <= now {
        losePatience(connection)
      } else if let dial = connection.quicDial {
        if dial.nextAttempt <= now { tryNextPath(connection) }
        if dial.tcpStart <= now { beginTCP(connection) }
      }
    }
    if now >= resumeAccepting { resumeListeners() }
    fillSilence(now)
    startVisits(now)
    tryReturns(now)
    calibrate(now)
    if isStopping, now >= stopDeadline {
      for connection in slots.compactMap({ $0 }) { end(connection, Self.closed) }
    }
  }

  /// How an end on request is reported.
  static let closed = Failure(MESH_E_CLOSED, MESH_CLASS_NONE, "closed on request")

  /// What every call of the host ends with: what was touched is written, what is complete goes back.
  ///
  /// - Parameter sends: whether ports send now what they have; else they do in the next turn, which is due at once.
  func finishCall(sends: Bool = true) {
    storeRecords()
    riseSettled()
    exportEarly()
    if !inReady, sends {
      pollPorts()
      departed.removeAll(keepingCapacity: true)
      makeTickets()
    }
    while let connection = touched.popLast() {
      connection.isTouched = false
      if connection.phase != .gone, connection.mask & MESH_WATCH_WRITE == 0 { flush(connection) }
      if connection.phase != .gone { giveCredit(connection) }
      if connection.isOverQUIC, connection.phase == .closing { afterFlush(connection) }
      if let failure = connection.ending, connection.phase != .gone { end(connection, failure) }
    }
    giveBackCompleted()
    deliverArrived()
    closeIdlePorts()
    if isStopping { finishStop() }
    guard !inReady, !hasStopped else { return }
    let next = nextDeadline()
    // A deadline that was due at once and is met would cost the host a turn in which there is nothing to do.
    if next < announcedDeadline || next > announcedDeadline && announcedDeadline <= host.now() {
      announcedDeadline = next
      host.deadline(next)
    }
  }

  private func nextDeadline() -> UInt64 {
    guard departed.isEmpty else { return 0 }
    var next = min(
      resumeAccepting, lateAt, coverNext, returnNext, visits.next, calibrated.next, calibrated.nextHTTP3,
      isStopping && !hasStopped ? stopDeadline : MESH_DEADLINE_NONE)
    for connection in timed {
      next = min(next, connection.deadline, connection.patience)
      next = min(next, connection.dial?.nextAttempt ?? MESH_DEADLINE_NONE)
      if let dial = connection.quicDial { next = min(next, dial.nextAttempt, dial.tcpStart) }
    }
    for port in portList {
      next = port._withUnsafeGuaranteedRef { min(next, $0.endpoint.nextDeadline, $0.closesAt) }
    }
    if !starved.isEmpty { next = min(next, host.now() &+ Self.starvedDelay) }
    return next
  }

  func stop(deadline: UInt64) {
    isStopping = true
    stopDeadline = deadline
    visits.removeAll()
    (calibrated.next, calibrated.nextHTTP3) = (.max, .max)
    for listener in Array(listeners.values) { unlisten(listener) }
    for connection in slots.compactMap({ $0 }) {
      if connection.link == 0 { end(connection, Self.closed) } else { disconnect(connection, gracefully: true) }
    }
  }

  /// Reports the end of the instance once nothing is left, or when the time for that is over.
  private func finishStop() {
    guard !hasStopped, connections == 0, offloaded.isEmpty || host.now() >= stopDeadline else { return }
    hasStopped = true
    for port in ports.values { port.endpoint.sayGoodbyes(now: clock()) }
    small.giveBack(host)
    large.giveBack(host)
    report(MESH_EVENT_STOPPED)
  }
}
