// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

extension Multiplexer {
  /// Opens a stream for a protocol; its name, class and metadata go ahead of the first bytes.
  public func open(_ preamble: StreamPreamble, handler: StreamHandler) throws(SendRefusal) -> StreamReference {
    guard preamble.name.utf8.count <= StreamPreamble.nameLimit,
      preamble.metadata.count <= StreamPreamble.metadataLimit
    else { throw .tooLarge }
    guard !isClosed else { throw .closed }
    if isStarted {
      guard nextLocalIndex < localLimit else { throw .streamLimit }
    } else {
      guard nextLocalIndex < 256 else { throw .streamLimit }
    }
    let stream = makeStream(id: nextLocalIndex << 1 | parity, isLocal: true)
    nextLocalIndex += 1
    stream.handler = handler
    stream.kind = preamble.kind
    stream.trafficClass = preamble.trafficClass
    stream.name = preamble.name
    stream.metadata = preamble.metadata
    stream.isIdentified = true
    preamble.encoded.withUnsafeBytes { stream.ring.append($0) }
    recount(stream)
    if stream.kind == .messages { stream.receivingClosed = true }
    activate(stream)
    return stream.reference
  }

  /// Adds bytes to a `bytes` stream; returns how many there was room for.
  public func write(_ bytes: UnsafeRawBufferPointer, to reference: StreamReference) throws(SendRefusal) -> Int {
    guard let stream = stream(reference), stream.maySend, !stream.finQueued, stream.resetCode == nil else {
      throw .closed
    }
    let count = min(room(in: stream), bytes.count)
    if count < bytes.count { block(stream) }
    guard count > 0 else { return 0 }
    stream.ring.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    recount(stream)
    activate(stream)
    return count
  }

  /// Adds one message to a `messages` or `request` stream, whole or not at all.
  public func send(
    _ body: UnsafeRawBufferPointer, options message: MessageOptions? = nil, to reference: StreamReference,
    now: UInt64
  ) throws(SendRefusal) {
    guard reference.slot < streams.count else { throw .closed }
    // Counting a reference for each message costs more than its header: `streams` keeps every stream.
    let refusal = Unmanaged.passUnretained(streams[Int(reference.slot)])._withUnsafeGuaranteedRef { stream in
      stream.isAlive(as: reference) ? add(body, message, to: stream, now: now) : .closed
    }
    if let refusal { throw refusal }
  }

  /// Nil when the message was added.
  @inline(__always)
  private func add(
    _ body: UnsafeRawBufferPointer, _ message: MessageOptions?, to stream: Stream, now: UInt64
  ) -> SendRefusal? {
    guard stream.maySend, !stream.finQueued, stream.resetCode == nil else { return .closed }
    guard UInt64(body.count) <= peer.messageLimit else { return .tooLarge }
    let rule = rule(of: stream.trafficClass)
    let cost = body.count + 64
    if !hasRoom(for: cost, in: stream, rule) {
      var settled: [Settled] = []
      let hasRoom = makeRoom(for: cost, in: stream, rule, &settled, now: now)
      if !hasRoom { block(stream) }
      defer { tell(settled) }
      guard hasRoom else { return .again }
      append(body, message, to: stream, rule, now: now)
      return nil
    }
    append(body, message, to: stream, rule, now: now)
    return nil
  }

  private func append(
    _ body: UnsafeRawBufferPointer, _ message: MessageOptions?, to stream: Stream, _ rule: QueueRule, now: UInt64
  ) {
    let start = stream.ring.end
    if rule.drop == .oldest, stream.kind == .messages { notePending(start, of: stream) }
    writeRecordHeader(body.count, message, to: stream, now: now)
    stream.ring.append(body)
    recount(stream)
    // The deadline of a request is its owner's business: it covers the replies too.
    if let message, message.token != nil || message.lifetime != nil, stream.kind == .messages {
      note(message, from: start, of: stream, now: now)
    }
    activate(stream)
  }

  /// Adds the last record of a request's replies: it is refused. Room for it is always made.
  public func send(refusal code: UInt64, text: UnsafeRawBufferPointer, to reference: StreamReference) {
    guard let stream = stream(reference), stream.kind == .request, stream.maySend, !stream.finQueued,
      stream.resetCode == nil
    else { return }
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { scratch in
      let length = 8 + min(text.count, MessageRefusal.textLimit)
      scratch[0] = UInt8(MessageRun.hasOptions)
      scratch[1] = UInt8(2 + length)
      scratch[2] = MessageRun.refusalOption
      scratch[3] = UInt8(length)
      scratch.storeBytes(of: code.bigEndian, toByteOffset: 4, as: UInt64.self)
      for index in 0..<(length - 8) { scratch[12 + index] = text[index] }
      stream.ring.append(UnsafeRawBufferPointer(rebasing: scratch[..<(4 + length)]))
    }
    recount(stream)
    activate(stream)
  }

  /// Whether more than half of the streams that the peer allows are free.
  public var hasManyFreeStreams: Bool {
    // Before the first handshake the peer is taken to allow what this side does.
    let streams = isStarted ? peer.streams : min(options.parameters.streams, 256)
    let limit = isStarted ? localLimit : streams
    return limit > nextLocalIndex && limit - nextLocalIndex > streams / 2
  }

  /// Whether the stream takes more.
  public func mayWrite(_ reference: StreamReference) -> Bool {
    guard let stream = stream(reference) else { return false }
    return stream.maySend && !stream.finQueued && stream.resetCode == nil
  }

  /// Whether any of the stream's bytes has been handed to a link.
  public func isUnderWay(_ reference: StreamReference) -> Bool { (stream(reference)?.sent ?? 0) > 0 }

  private func writeRecordHeader(_ count: Int, _ message: MessageOptions?, to stream: Stream, now: UInt64) {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { scratch in
      var at = 0
      if let message, message.idempotencyKey != nil || message.keyWords != nil || message.lifetime != nil {
        at += Varint.encode(UInt64(count) << 2 | MessageRun.hasOptions, to: scratch.baseAddress!)
        let lengthAt = at
        at += 1
        if let key = message.idempotencyKey, key.count == 16 {
          scratch[at] = MessageRun.keyOption
          scratch[at + 1] = 16
          for index in 0..<16 { scratch[at + 2 + index] = key[index] }
          at += 18
        } else if let words = message.keyWords {
          scratch[at] = MessageRun.keyOption
          scratch[at + 1] = 16
          scratch.storeBytes(of: words.0, toByteOffset: at + 2, as: UInt64.self)
          scratch.storeBytes(of: words.1, toByteOffset: at + 10, as: UInt64.self)
          at += 18
        }
        if let lifetime = message.lifetime {
          scratch[at] = MessageRun.lifetimeOption
          scratch[at + 1] = 8
          scratch.storeBytes(of: (lifetime / 1_000_000).bigEndian, toByteOffset: at + 2, as: UInt64.self)
          if stream.kind == .request {
            stream.lifetimeAt = stream.ring.end + UInt64(at + 2)
            stream.lifetimeEnd = lifetime > UInt64.max - now ? .max : now + lifetime
          }
          at += 10
        }
        scratch[lengthAt] = UInt8(at - lengthAt - 1)
      } else {
        at = Varint.encode(UInt64(count) << 2, to: scratch.baseAddress!)
      }
      stream.ring.append(UnsafeRawBufferPointer(rebasing: scratch[..<at]))
    }
  }

  private func note(_ message: MessageOptions, from start: UInt64, of stream: Stream, now: UInt64) {
    let deadline = message.lifetime.map { $0 > UInt64.max - now ? UInt64.max : now + $0 } ?? .max
    if stream.firstToken > 64, stream.firstToken * 2 > stream.tokens.count {
      stream.tokens.removeFirst(stream.firstToken)
      stream.firstToken = 0
    }
    stream.tokens.append(
      .init(
        number: message.token ?? .max, start: start, end: stream.ring.end, deadline: deadline,
        reportsSent: message.reportsSent && message.token != nil,
        wasSent: message.isRepetition,
        mayBeHandedOver: message.mayBeHandedOver && message.token != nil && deadline != .max))
    if message.reportsSent, message.token != nil { stream.nextSentEnd = min(stream.nextSentEnd, stream.ring.end) }
    if deadline < expiryAt {
      expiryAt = deadline
      reschedule()
    }
  }

  /// Adds an unreliable message to a `messages` stream. When the queue is full the oldest one goes.
  public func send(datagram body: UnsafeRawBufferPointer, to reference: StreamReference) throws(SendRefusal) {
    guard let stream = stream(reference), stream.isLocal, stream.kind == .messages, stream.resetCode == nil else {
      throw .closed
    }
    guard body.count <= 65_000, body.count + 2 <= options.datagramQueue else { throw .tooLarge }
    let limit = max(min(options.datagramQueue, rule(of: stream.trafficClass).limit), body.count + 2)
    while stream.datagrams.count + body.count + 2 > limit {
      dropOldestDatagram(stream)
      counters.datagramsDropped += 1
    }
    withUnsafeBytes(of: UInt16(body.count)) { stream.datagrams.append($0) }
    stream.datagrams.append(body)
    activate(stream)
  }

  func datagramLength(_ stream: Stream) -> Int {
    let start = stream.datagrams.start
    return Int(stream.datagrams.byte(at: start)) | Int(stream.datagrams.byte(at: start + 1)) << 8
  }

  func dropOldestDatagram(_ stream: Stream) {
    stream.datagrams.discard(to: stream.datagrams.start + 2 + UInt64(datagramLength(stream)))
  }

  /// Ends our side when everything before has arrived.
  public func finish(_ reference: StreamReference) {
    guard let stream = stream(reference), stream.maySend, !stream.finQueued, stream.resetCode == nil else { return }
    stream.finQueued = true
    activate(stream)
  }

  /// Gives up on our side at once: what was not confirmed may never arrive.
  public func reset(_ reference: StreamReference, code: UInt64) {
    guard let stream = stream(reference) else { return }
    reset(stream, code: code)
    retireIfDone(stream)
  }

  func reset(_ stream: Stream, code: UInt64) {
    guard stream.maySend, stream.resetCode == nil, !stream.finAcknowledged else { return }
    stream.resetCode = code
    stream.lost.removeAll()
    stream.acknowledged.removeAll()
    stream.ring.discard(to: stream.ring.end)
    if stream.ring.isSpare { stream.ring.release() }
    recount(stream)
    stream.pending.removeAll()
    stream.firstPending = 0
    stream.nextSentEnd = .max
    stream.lifetimeAt = nil
    settleAll(stream, .refused(code))
    // Also of a stream that the peer has never seen: it counts against the peer's limit until the peer closes it.
    stream.resetDue = true
    queueControl(stream)
    noteClassRoom(stream.trafficClass)
  }

  /// Tells the peer that we want no more of its side.
  public func stop(_ reference: StreamReference, code: UInt64) {
    guard let stream = stream(reference) else { return }
    stop(stream, code: code)
    retireIfDone(stream)
  }

  func stop(_ stream: Stream, code: UInt64) {
    guard stream.mayReceive, !stream.receivingClosed else { return }
    stream.stopCode = code
    stream.stopDue = true
    stream.isIdentified = true
    stream.releasedAtStop = stream.released
    discardReceived(stream)
    stream.receivingClosed = true
    queueControl(stream)
  }

  /// What was received and not taken counts as released for the session, so that others are not held up.
  func discardReceived(_ stream: Stream) {
    noteStopped(stream)
    if stream.isHeld { heldBytes -= min(stream.buffer.next - stream.released, heldBytes) }
    stream.released = stream.highest
    creditSession(stream, upTo: stream.highest)
    stream.buffer.reset()
    endExtension(of: stream)
  }

  /// From now on the reader says itself what it has released.
  public func releaseByHand(_ reference: StreamReference) { stream(reference)?.releasesByHand = true }

  /// Releases `count` bytes of records or stream that were taken before.
  public func release(_ count: Int, of reference: StreamReference, now: UInt64) {
    guard let stream = stream(reference), stream.releasesByHand else { return }
    // What was discarded counts as released already.
    guard count > 0, stream.buffer.next > stream.released else { return }
    let count = min(UInt64(count), stream.buffer.next - stream.released)
    heldBytes -= min(count, heldBytes)
    release(stream, count, now: now)
    if stream.kind != .bytes, !stream.receivingClosed, !stream.buffer.available.isEmpty { judge(stream) }
    // While this was held the session did not count as full; others may have their messages cut off by now.
    keepSessionGoing()
    retireIfDone(stream)
  }

  /// The reader wants more after it took less than there was.
  public func resume(_ reference: StreamReference, now: UInt64) {
    guard let stream = stream(reference), !stream.isDelivering else { return }
    stream.isPaused = false
    do throws(SessionError) { try deliverBuffered(stream, now: now) } catch { deferredViolation = error }
    retireIfDone(stream)
  }

  /// Bytes queued and not yet confirmed on our side.
  public func unconfirmed(_ reference: StreamReference) -> Int { stream(reference)?.ring.count ?? 0 }

  /// Streams that are open now.
  public var openStreams: Int { slots.count }

  /// Bytes of memory in buffers, for the bound that tests check.
  public var bufferedBytes: Int {
    streams.reduce(0) { $0 + $1.ring.capacity + $1.buffer.capacity + $1.datagrams.capacity }
  }

  /// The session is over: nobody is woken or called any more. Who still holds the multiplexer may go on calling it.
  public func detach() {
    acceptor = nil
    wake = {}
    reschedule = {}
    onRelease = nil
    for stream in streams { stream.handler = nil }
  }
}
