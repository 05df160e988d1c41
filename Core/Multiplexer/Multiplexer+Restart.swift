// SPDX-License-Identifier: Apache-2.0

import MeshSession

extension Multiplexer {
  /// The first meeting lets what was queued go. A peer that was restarted has lost everything: byte streams and
  /// requests are cut off and their users told; messages that it never released are sent again, on new streams.
  public func restart(parameters: PeerParameters, now: UInt64) {
    peer = parameters
    localLimit = parameters.streams
    if isStarted { startOver(now: now) }
    isStarted = true
    for stream in streams where stream.isOpen { letGo(stream) }
    for trafficClass in TrafficClass.allCases { noteClassRoom(trafficClass) }
    wake()
  }

  /// The session has ended: every stream is cut off and its user told, every message settled.
  public func close() {
    isClosed = true
    for stream in streams where stream.isOpen { cutOff(stream, code: StreamCode.sessionEnded) }
    slots.removeAll()
    lastFound = nil
    acceptor = nil
    wake = {}
    reschedule = {}
    onRelease = nil
  }

  private func startOver(now: UInt64) {
    for index in active.indices { while active[index].popFirst() != nil {} }
    while controlQueue.popFirst() != nil {}
    while waitingReleases.popFirst() != nil {}
    for stream in streams {
      stream.isQueued = false
      stream.isControlQueued = false
      stream.releaseWaits = false
    }
    releaseAt = .max
    slots.removeAll(keepingCapacity: true)
    lastFound = nil
    marks = ReadingMarks()
    skipsToCome.removeAll()
    closedByPeer = 0
    advertisedStreams = options.parameters.streams
    nextLocalIndex = 0
    sessionSent = 0
    sessionPeerReleased = 0
    sessionReceived = 0
    sessionReleased = 0
    sessionAdvertised = 0
    sessionReleaseDue = false
    heldBytes = 0
    extendedSlot = nil
    deferredViolation = nil
    favoured = nil
    streamLimitDue = false
    var settled: [Settled] = []
    defer { tell(settled) }
    // Whoever hears of the end may open a stream for the new life at once: that one is not started over.
    for reference in streams.filter(\.isOpen).map(\.reference) {
      guard let stream = stream(reference) else { continue }
      if stream.isLocal, stream.kind == .messages, stream.resetCode == nil {
        forgetHanded(stream, &settled)
        sendAgain(stream)
      } else {
        cutOff(stream, code: StreamCode.peerRestarted)
      }
    }
  }

  /// A message stream begins again: its preamble, then all that the peer has not released.
  private func sendAgain(_ stream: Stream) {
    let oldStart = stream.ring.start
    // Noted lazily: some of these have left, or were even released, and have no place in what is sent again.
    stream.pending.removeSubrange(..<stream.firstPending)
    stream.pending.removeAll { $0.start < stream.sent }
    stream.firstPending = 0
    let rest = [UInt8](unsafeUninitializedCapacity: stream.ring.count) { space, count in
      count = stream.ring.count
      if count > 0 { stream.ring.copy(from: oldStart, count: count, to: UnsafeMutableRawPointer(space.baseAddress!)) }
    }
    let preamble = StreamPreamble(
      kind: .messages, trafficClass: stream.trafficClass, name: stream.name, metadata: stream.metadata
    ).encoded
    // A ring whose preamble was never released starts with it already.
    let hasPreamble = oldStart == 0
    let shift = hasPreamble ? 0 : UInt64(preamble.count)
    stream.ring.reset(to: 0)
    if !hasPreamble { preamble.withUnsafeBytes { stream.ring.append($0) } }
    rest.withUnsafeBytes { stream.ring.append($0) }
    for index in stream.firstToken..<stream.tokens.count {
      if stream.tokens[index].start < stream.sent { stream.tokens[index].wasSent = true }
      stream.tokens[index].start = stream.tokens[index].start &- oldStart &+ shift
      stream.tokens[index].end = stream.tokens[index].end &- oldStart &+ shift
    }
    stream.sent = 0
    stream.confirmed = 0
    stream.acknowledged.removeAll()
    stream.lost.removeAll()
    stream.peerReleased = 0
    stream.peerLimit = 0
    stream.finSent = false
    stream.finAcknowledged = false
    for index in stream.pending.indices {
      stream.pending[index].start = stream.pending[index].start &- oldStart &+ shift
    }
    findNextSent(stream)
    recount(stream)
    stream.id = nextLocalIndex << 1 | parity
    nextLocalIndex += 1
    slots[stream.id] = stream.slot
  }

  private func cutOff(_ stream: Stream, code: UInt64) {
    let reference = stream.reference
    settleAll(stream, .refused(code))
    if stream.isIdentified, !stream.receivingClosed || stream.maySend {
      stream.handler?.ended(reference, code: code, of: self)
    }
    guard stream.generation == reference.generation, stream.isOpen else { return }
    discount(stream)
    stream.recycle()
    freeSlots.append(stream.slot)
  }
}
