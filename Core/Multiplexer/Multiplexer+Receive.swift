// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

extension Multiplexer {
  /// See `FrameLayer.receive`: one frame of the peer. Throws `SessionError.protocolViolation` for whatever breaks a rule.
  public func receive(_ frame: UnsafeRawBufferPointer, now: UInt64) throws(SessionError) -> Int {
    if let violation = deferredViolation { throw violation }
    var reader = ByteReader(frame)
    do {
      let type = try reader.u8()
      switch type {
      case MultiplexerFrame.stream, MultiplexerFrame.streamEnd:
        let id = try reader.varint()
        let offset = try reader.varint()
        let bytes = try reader.bytes(Int(try reader.varint()))
        try receiveStream(id, offset, bytes, ends: type == MultiplexerFrame.streamEnd, now: now)
      case MultiplexerFrame.reset:
        try receiveReset(try reader.varint(), code: try reader.varint(), finalSize: try reader.varint(), now: now)
      case MultiplexerFrame.stop:
        try receiveStop(try reader.varint(), code: try reader.varint(), released: try reader.varint())
      case MultiplexerFrame.released:
        try receiveReleased(try reader.varint(), try reader.varint(), limit: try reader.varint(), now: now)
      case MultiplexerFrame.sessionReleased:
        // The reader may lend credit for bytes that are still to come.
        let total = min(try reader.varint(), 1 << 61)
        if total > sessionPeerReleased {
          sessionPeerReleased = total
          wake()
        }
      case MultiplexerFrame.streamLimit: raiseStreamLimit(min(try reader.varint(), 1 << 60))
      case MultiplexerFrame.datagram:
        let id = try reader.varint()
        let sequence = try reader.varint()
        receiveDatagram(id, sequence, try reader.bytes(Int(try reader.varint())))
      default: throw SessionError.protocolViolation("unknown frame type")
      }
    } catch let error as SessionError {
      throw error
    } catch { throw .protocolViolation("malformed frame") }
    return reader.position
  }

  /// See `FrameLayer.takeUrgency`.
  public func takeUrgency() -> Bool {
    defer { hasReceivedUrgent = false }
    return hasReceivedUrgent
  }

  private func raiseStreamLimit(_ count: UInt64) {
    guard count > localLimit else { return }
    let before = localLimit
    localLimit = count
    guard nextLocalIndex > before else { return }
    for stream in streams where stream.isOpen && stream.isLocal && stream.id >> 1 >= before { letGo(stream) }
  }

  /// The stream a frame is for: found, opened by this frame, or nil when it was closed before.
  private func find(_ id: UInt64, opens: Bool) throws(SessionError) -> Stream? {
    if let stream = stream(id: id) { return stream }
    let index = id >> 1
    if id & 1 == parity {
      guard index < nextLocalIndex else { throw .protocolViolation("a frame for a stream we never opened") }
      return nil
    }
    if isClosed || openedByPeer.contains(index) { return nil }
    guard index < advertisedStreams else { throw .protocolViolation("more streams than allowed") }
    guard opens else { return nil }
    openedByPeer.insert(index, index + 1)
    guard openedByPeer.count <= 4096 else { throw .protocolViolation("streams are opened with too many gaps") }
    let stream = makeStream(id: id, isLocal: false)
    takeSkips(of: stream)
    return stream
  }

  private func receiveStream(
    _ id: UInt64, _ offset: UInt64, _ bytes: UnsafeRawBufferPointer, ends: Bool, now: UInt64
  ) throws(SessionError) {
    guard let stream = try find(id, opens: true) else {
      counters.duplicateBytes += UInt64(bytes.count)
      return
    }
    guard stream.mayReceive else { throw .protocolViolation("bytes on a stream that only we send on") }
    let end = offset + UInt64(bytes.count)
    guard end < 1 << 61 else { throw .protocolViolation("a stream is too long") }
    if let final = stream.finalSize {
      guard end <= final, !ends || end == final else { throw .protocolViolation("bytes behind the end of a stream") }
    }
    if ends {
      guard end >= stream.highest else { throw .protocolViolation("a stream ends before bytes already sent") }
      stream.finalSize = end
    }
    if end > stream.highest {
      let fresh = end - stream.highest
      guard end <= max(stream.released + options.parameters.streamWindow, stream.extendedLimit),
        sessionReceived + fresh <= sessionReleased + options.parameters.sessionWindow
      else { throw .protocolViolation("more bytes than the credit allows") }
      stream.highest = end
      sessionReceived += fresh
      counters.bytesReceived += fresh
      if stream.stopCode != nil || stream.receivingClosed {
        stream.released = end
        creditSession(stream, upTo: end)
      }
    }
    guard !stream.receivingClosed else { return retireIfDone(stream) }
    try accept(bytes, at: offset, on: stream, now: now)
    if stream.trafficClass.isUrgent { hasReceivedUrgent = true }
    keepSessionGoing()
    retireIfDone(stream)
  }

  private func accept(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64, on stream: Stream, now: UInt64
  ) throws(SessionError) {
    let next = stream.buffer.next
    let end = offset + UInt64(bytes.count)
    guard end > next || (end == next && stream.finalSize == next) else {
      counters.duplicateBytes += UInt64(bytes.count)
      return
    }
    let skip = offset < next ? Int(next - offset) : 0
    let fresh = UnsafeRawBufferPointer(rebasing: bytes[min(skip, bytes.count)...])
    if stream.buffer.isEmpty, offset <= next, !stream.isPaused, !stream.isDelivering, stream.skips.isEmpty {
      // Straight from the packet; what is not taken is stored.
      let taken = try deliver(fresh, on: stream, now: now)
      guard stream.isOpen, !stream.receivingClosed else { return }
      let rest = UnsafeRawBufferPointer(rebasing: fresh[taken...])
      if !rest.isEmpty { stream.buffer.store(rest, at: stream.buffer.next) }
    } else {
      stream.buffer.store(fresh, at: max(offset, next))
      if !stream.skips.isEmpty { voidSkipped(stream) }
      guard stream.buffer.rangeCount <= 4096 else { throw .protocolViolation("a stream in too many pieces") }
      if !stream.isPaused, !stream.isDelivering { try deliverBuffered(stream, now: now) }
    }
    endIfComplete(stream)
  }

  func deliverBuffered(_ stream: Stream, now: UInt64) throws(SessionError) {
    while stream.isOpen, !stream.receivingClosed, !stream.isPaused {
      let available = stream.buffer.available
      guard !available.isEmpty, try deliver(available, on: stream, now: now) > 0 else { break }
    }
    endIfComplete(stream)
  }

  /// Hands contiguous bytes to the handler; returns how many were consumed.
  private func deliver(
    _ bytes: UnsafeRawBufferPointer, on stream: Stream, now: UInt64
  ) throws(SessionError) -> Int {
    var consumed = 0
    let generation = stream.generation
    if !stream.isIdentified {
      guard let (preamble, length) = try StreamPreamble.parse(bytes) else {
        if stream.finalSize == stream.highest, stream.buffer.rangeCount <= 1,
          stream.buffer.next + UInt64(bytes.count) == stream.highest
        {
          throw .protocolViolation("a stream without a preamble")
        }
        return 0
      }
      consumed = length
      consume(length, of: stream, now: now)
      stream.kind = preamble.kind
      stream.trafficClass = preamble.trafficClass
      stream.name = preamble.name
      stream.isIdentified = true
      if stream.kind == .request, stream.resetCode != nil {
        // The caller's stop overtook its request: nobody waits for an answer.
        stop(stream, code: StreamCode.cancelled)
        return consumed
      }
      stream.isDelivering = true
      let answer =
        acceptor?.opened(stream.reference, preamble, of: self) ?? .refuse(code: StreamCode.noSuchProtocol)
      stream.isDelivering = false
      guard stream.generation == generation else { return consumed }
      switch answer {
      case .accept(let handler): stream.handler = handler
      case .refuse(let code):
        stop(stream, code: code)
        reset(stream, code: code)
        return consumed
      }
    }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
    guard !rest.isEmpty, !stream.receivingClosed, let handler = stream.handler else { return consumed }
    var taken = 0
    stream.isDelivering = true
    defer { stream.isDelivering = false }
    if stream.kind == .bytes {
      taken = min(max(handler.received(rest, on: stream.reference, of: self), 0), rest.count)
      if taken < rest.count { stream.isPaused = true }
    } else {
      var run = MessageRun(
        rest, limit: options.parameters.messageLimit,
        reachesEnd: stream.buffer.next + UInt64(rest.count) == stream.finalSize)
      handler.received(&run, on: stream.reference, of: self)
      if let violation = run.violation { throw violation }
      taken = run.consumed
      if taken < rest.count {
        // Either a message is not complete yet, or the handler has had enough.
        var rest = run
        if rest.next() != nil { stream.isPaused = true }
      }
    }
    guard stream.generation == generation, !stream.receivingClosed else { return consumed + taken }
    consume(taken, of: stream, now: now)
    try checkMessageFits(stream, rest: rest.count - taken)
    return consumed + taken
  }

  private func consume(_ count: Int, of stream: Stream, now: UInt64) {
    stream.buffer.consume(count)
    noteSpare(stream, now: now)
    if stream.releasesByHand { heldBytes += UInt64(count) } else { release(stream, UInt64(count), now: now) }
  }

  func release(_ stream: Stream, _ count: UInt64, now: UInt64) {
    guard count > 0 else { return }
    stream.released += count
    creditSession(stream, upTo: stream.released)
    onRelease?()
    if stream.released - stream.advertised >= options.parameters.streamWindow / options.releaseShare {
      stream.releaseDue = true
      queueControl(stream)
    } else if stream.kind == .messages || stream.released == stream.finalSize, !stream.releaseWaits {
      stream.releaseWaits = true
      waitingReleases.append(stream.slot)
      if releaseAt == .max {
        releaseAt = now + options.releaseDelay
        reschedule()
      }
    }
  }

  func noteSessionRelease(_ count: UInt64) {
    sessionReleased += count
    if sessionReleased - sessionAdvertised >= options.parameters.sessionWindow / options.releaseShare,
      !sessionReleaseDue
    {
      sessionReleaseDue = true
      wake()
    }
  }

  /// Confirmations of delivery that have waited for company.
  func flushReleases() {
    releaseAt = .max
    while let slot = waitingReleases.popFirst() {
      let stream = streams[Int(slot)]
      guard stream.releaseWaits else { continue }
      stream.releaseWaits = false
      if stream.isOpen, stream.released > stream.advertised {
        stream.releaseDue = true
        queueControl(stream)
      }
    }
  }

  func endIfComplete(_ stream: Stream) {
    guard stream.isOpen, !stream.receivingClosed, let final = stream.finalSize, stream.buffer.next == final else {
      return
    }
    stream.receivingClosed = true
    if stream.kind == .messages, stream.released >= final {
      // The last release may have been acknowledged before the end was known: it is told once more.
      stream.releaseDue = true
      queueControl(stream)
    }
    if stream.isIdentified { stream.handler?.ended(stream.reference, code: nil, of: self) }
  }

  private func receiveReset(_ id: UInt64, code: UInt64, finalSize: UInt64, now: UInt64) throws(SessionError) {
    guard let stream = try find(id, opens: true) else { return }
    guard stream.mayReceive, finalSize >= stream.highest, finalSize == stream.finalSize ?? finalSize else {
      throw .protocolViolation("a reset that contradicts what was sent")
    }
    guard !stream.receivingClosed || stream.finalSize == nil else { return }
    let fresh = finalSize - stream.highest
    guard sessionReceived + fresh <= sessionReleased + options.parameters.sessionWindow else {
      throw .protocolViolation("a reset beyond the credit")
    }
    sessionReceived += fresh
    stream.highest = finalSize
    stream.finalSize = finalSize
    discardReceived(stream)
    // It is the answer to our stop: its user has been told.
    guard !stream.receivingClosed else { return retireIfDone(stream) }
    stream.receivingClosed = true
    stream.finalReleaseAcknowledged = true
    let reference = stream.reference
    let wasIdentified = stream.isIdentified
    stream.isIdentified = true
    if wasIdentified { stream.handler?.ended(reference, code: code, of: self) }
    // The handler may have closed the other half: then the slot is free, or another stream's.
    guard stream.generation == reference.generation else { return }
    if !stream.maySend || stream.kind == .messages { return retireIfDone(stream) }
    if stream.sent == 0, !stream.isLocal { reset(stream, code: code) }
    retireIfDone(stream)
  }

  private func receiveStop(_ id: UInt64, code: UInt64, released: UInt64) throws(SessionError) {
    guard let stream = try find(id, opens: false) else { return }
    guard stream.maySend else { throw .protocolViolation("a stop for a stream that we do not send on") }
    guard stream.resetCode == nil, !stream.isSendingDone else { return }
    guard released <= stream.sent else { throw .protocolViolation("credit for bytes never sent") }
    guard !isInsideMessage(released, of: stream) else { throw .protocolViolation("a part of a message is released") }
    if stream.kind == .messages, released > stream.peerReleased {
      // What the reader had taken before it stopped is delivered, whatever becomes of the rest.
      stream.peerReleased = released
      settleTokens(stream)
    }
    offerUncertain(stream)
    reset(stream, code: code)
    stream.handler?.stopped(stream.reference, code: code, of: self)
    retireIfDone(stream)
  }

  private func receiveReleased(_ id: UInt64, _ offset: UInt64, limit: UInt64, now: UInt64) throws(SessionError) {
    guard let stream = try find(id, opens: false) else { return }
    guard stream.maySend, offset <= stream.sent else { throw .protocolViolation("credit for bytes never sent") }
    guard !isInsideMessage(offset, of: stream) else { throw .protocolViolation("a part of a message is released") }
    stream.peerLimit = max(stream.peerLimit, min(limit, 1 << 61))
    if offset > stream.peerReleased { stream.peerReleased = offset }
    if stream.peerLimit > stream.peerReleased + peer.streamWindow { favoured = stream.reference }
    if stream.kind == .messages {
      // Released includes received, whatever became of the acknowledgements.
      confirm(stream, below: offset)
      stream.ring.discard(to: offset)
      noteSpare(stream, now: now)
      settleTokens(stream)
      noteRoom(stream)
    }
    if stream.resetCode == nil, hasWork(stream) { activate(stream) }
    retireIfDone(stream)
  }

  /// Readers release whole records. What is left of half a one could not be sent again, nor be told from the next.
  private func isInsideMessage(_ offset: UInt64, of stream: Stream) -> Bool {
    let tokens = stream.pendingTokens
    var (low, high) = (tokens.startIndex, tokens.endIndex)
    // The first that ends behind the offset.
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].end <= offset { low = middle + 1 } else { high = middle }
    }
    return low < tokens.endIndex && tokens[low].start < offset
  }

  private func hasWork(_ stream: Stream) -> Bool {
    !stream.lost.isEmpty || stream.finDue || stream.hasNewBytes(window: peer.streamWindow)
  }

  private func receiveDatagram(_ id: UInt64, _ sequence: UInt64, _ bytes: UnsafeRawBufferPointer) {
    guard let stream = stream(id: id), stream.isIdentified, !stream.isLocal, stream.kind == .messages,
      !stream.receivingClosed
    else { return }
    // A window of 64: what is older, or was seen, is dropped.
    if sequence >= stream.datagramHighest {
      let shift = sequence - stream.datagramHighest + 1
      stream.datagramSeen = shift >= 64 ? 0 : stream.datagramSeen << shift
      stream.datagramHighest = sequence + 1
    } else if stream.datagramHighest - sequence > 64
      || stream.datagramSeen & (1 << (stream.datagramHighest - 1 - sequence)) != 0
    {
      return
    }
    stream.datagramSeen |= 1 << (stream.datagramHighest - 1 - sequence)
    stream.handler?.received(datagram: bytes, on: stream.reference, of: self)
  }
}
