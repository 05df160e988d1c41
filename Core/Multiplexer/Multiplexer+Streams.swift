// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

extension Multiplexer {
  /// Opens a stream for a protocol; its name, class and metadata go ahead of the first bytes.
  public func open(_ preamble: StreamPreamble, handler: StreamHandler) throws(SendRefusal) -> StreamReference {
    guard preamble.name.utf8.count <= StreamPreamble.nameLimit,
      preamble.metadata.count <= StreamPreamble.metadataLimit
    else { throw .tooLarge }
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
    if stream.kind == .messages { stream.receivingClosed = true }
    activate(stream)
    return stream.reference
  }

  /// Adds bytes to a `bytes` stream; returns how many there was room for.
  public func write(_ bytes: UnsafeRawBufferPointer, to reference: StreamReference) throws(SendRefusal) -> Int {
    guard let stream = stream(reference), stream.maySend, !stream.finQueued, stream.resetCode == nil else {
      throw .closed
    }
    let room = max(0, options.sendBuffer - stream.ring.count)
    let count = min(room, bytes.count)
    if count < bytes.count { stream.isBlocked = true }
    guard count > 0 else { return 0 }
    stream.ring.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    activate(stream)
    return count
  }

  /// Adds one message to a `messages` or `request` stream, whole or not at all.
  public func send(
    _ body: UnsafeRawBufferPointer, options message: MessageOptions? = nil, to reference: StreamReference,
    now: UInt64
  ) throws(SendRefusal) {
    guard let stream = stream(reference), stream.maySend, !stream.finQueued, stream.resetCode == nil else {
      throw .closed
    }
    guard UInt64(body.count) <= peer.messageLimit else { throw .tooLarge }
    let used = stream.ring.count
    guard used + body.count + 64 <= options.sendBuffer || used <= 512 else {
      stream.isBlocked = true
      throw .again
    }
    let start = stream.ring.end
    writeRecordHeader(body.count, message, to: stream)
    stream.ring.append(body)
    if let message, message.token != nil || message.lifetime != nil {
      note(message, from: start, of: stream, now: now)
    }
    activate(stream)
  }

  private func writeRecordHeader(_ count: Int, _ message: MessageOptions?, to stream: Stream) {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { scratch in
      var at = 0
      if let message, message.idempotencyKey != nil || message.lifetime != nil {
        at += Varint.encode(UInt64(count) << 2 | MessageRun.hasOptions, to: scratch.baseAddress!)
        let lengthAt = at
        at += 1
        if let key = message.idempotencyKey, key.count == 16 {
          scratch[at] = MessageRun.keyOption
          scratch[at + 1] = 16
          for index in 0..<16 { scratch[at + 2 + index] = key[index] }
          at += 18
        }
        if let lifetime = message.lifetime {
          scratch[at] = MessageRun.lifetimeOption
          scratch[at + 1] = 8
          scratch.storeBytes(of: (lifetime / 1_000_000).bigEndian, toByteOffset: at + 2, as: UInt64.self)
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
      .init(number: message.token ?? .max, start: start, end: stream.ring.end, deadline: deadline))
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
    while stream.datagrams.count + body.count + 2 > options.datagramQueue { dropOldestDatagram(stream) }
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
    settleAll(stream, .refused(code))
    if isStarted {
      stream.resetDue = true
      queueControl(stream)
    } else {
      stream.resetAcknowledged = true
    }
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
    release(stream, UInt64(min(count, Int(stream.buffer.next - stream.released))), now: now)
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
}
