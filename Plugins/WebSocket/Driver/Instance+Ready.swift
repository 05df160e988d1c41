import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

extension Instance {
  /// How long a link waits before it asks the pool for buffers again.
  private static let starvedDelay: UInt64 = 2_000_000

  /// One turn of the loop.
  func ready(_ events: UnsafePointer<mesh_ready>?, _ count: Int, now: UInt64) -> UInt64 {
    inReady = true
    budget = Self.turnBytes
    if let events {
      for index in 0..<count { dispatch(events[index]) }
    }
    if !starved.isEmpty { resumeStarved() }
    expire(now)
    finishCall()
    inReady = false
    announcedDeadline = nextDeadline()
    return announcedDeadline
  }

  private func dispatch(_ event: mesh_ready) {
    guard let token = Token(event.token) else { return }
    switch token.kind {
    case .listener: if let listener = listenerSlots[token.slot] { acceptLinks(listener) }
    case .attempt: if let link = link(token) { attemptEnded(link, Int(token.attempt)) }
    case .resolver: if event.kind == MESH_READY_OFFLOAD { offloadedEnded(token.slot) }
    case .wake: resumeUnread()
    case .store, .restore, .datagrams: break
    case .link: if let link = link(token) { ready(link, event.mask) }
    }
  }

  private func ready(_ link: Link, _ mask: UInt32) {
    if mask & MESH_WATCH_WRITE != 0 { flush(link) }
    guard mask & (MESH_WATCH_READ | MESH_WATCH_ERROR) != 0, link.phase != .gone else { return }
    if link.wasUp {
      if budget > 0, !link.isStarved { receiveFrames(link) }
    } else {
      receiveHandshake(link)
    }
  }

  private func resumeStarved() {
    let waiting = starved
    starved.removeAll(keepingCapacity: true)
    for link in waiting where link.phase != .gone {
      setMask(link, link.mask | MESH_WATCH_READ)
      if link.phase != .gone { receiveFrames(link) }
    }
  }

  private func resumeUnread() {
    let waiting = unread
    unread.removeAll(keepingCapacity: true)
    for link in waiting {
      link.hasUnreadTLS = false
      if link.phase != .gone, !link.isStarved { receiveFrames(link) }
    }
  }

  private func expire(_ now: UInt64) {
    for link in timed where link.phase != .gone {
      if link.deadline <= now {
        let isGoodbye = link.phase == .closing
        end(link, isGoodbye ? link.ending : Failure(MESH_E_TIMEOUT, MESH_CLASS_TRANSIENT, "no answer in time"))
      } else if let dial = link.dial, dial.nextAttempt <= now {
        tryNextAddress(link)
      }
    }
    if now >= resumeAccepting { resumeListeners() }
    if isStopping, now >= stopDeadline {
      for link in Array(links.values) { end(link, link.ending) }
    }
  }

  /// What every call of the host ends with: what was touched is written, what is complete goes back.
  func finishCall() {
    while !touched.isEmpty {
      // Two lists take turns and keep their memory.
      swap(&touched, &finishing)
      for link in finishing {
        link.isTouched = false
        if link.phase == .open || link.phase == .closing, link.mask & MESH_WATCH_WRITE == 0 { flush(link) }
        giveCredit(link)
      }
      finishing.removeAll(keepingCapacity: true)
    }
    giveBackCompleted()
    deliverArrived()
    if isStopping { finishStop() }
    guard !inReady else { return }
    let next = nextDeadline()
    if next < announcedDeadline {
      announcedDeadline = next
      host.deadline(next)
    }
  }

  private func giveCredit(_ link: Link) {
    guard link.returnedFrames > 0, link.phase == .open else { return }
    giveBackCompleted()
    host.credit(link.id, frames: link.returnedFrames, bytes: link.returnedBytes)
    link.returnedFrames = 0
    link.returnedBytes = 0
  }

  private func nextDeadline() -> UInt64 {
    var next = min(resumeAccepting, isStopping && !hasStopped ? stopDeadline : MESH_DEADLINE_NONE)
    for link in timed { next = min(next, link.deadline, link.dial?.nextAttempt ?? MESH_DEADLINE_NONE) }
    if !starved.isEmpty { next = min(next, host.now() &+ Self.starvedDelay) }
    return next
  }

  func stop(deadline: UInt64) {
    isStopping = true
    stopDeadline = deadline
    for listener in Array(listeners.values) { unlisten(listener) }
    for link in Array(links.values) { disconnect(link, gracefully: true) }
  }

  /// Reports the end of the instance once nothing is left, or when the time for that is over.
  private func finishStop() {
    guard !hasStopped, links.isEmpty, offloaded.isEmpty || host.now() >= stopDeadline else { return }
    hasStopped = true
    small.giveBack(host)
    large.giveBack(host)
    report(MESH_EVENT_STOPPED)
  }
}
