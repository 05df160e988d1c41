// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession

/// One request of a peer, from the opening of its stream to the last reply. Kept in a slot and used again for others.
///
/// User code is called last in every function, when the state is whole; behind a call the request may be another one.
final class ServedRequest: StreamHandler {
  enum State {
    case free
    /// The stream is open, the request has not come yet.
    case opened
    /// The application has it.
    case running
    /// A request with the same key is running: this one waits for its answer.
    case waiting
    /// It has ended, and its body is still held by hand.
    case ended
  }

  /// It goes only after it has taken its requests off all streams.
  unowned(unsafe) let node: NodeCore
  let slot: UInt32
  private(set) var generation: UInt32 = 0
  private(set) var state = State.free
  private(set) var peer: Peer?
  private var service: RequestService?
  private var preamble = StreamPreamble(kind: .request, trafficClass: .normal, name: "")
  /// Kept as long as the request is its stream's handler; whichever ends first lets go of the other.
  private var multiplexer: Multiplexer?
  /// Nil when nobody listens now, but may ask again.
  private var stream: StreamReference?
  private var key: IdempotencyWindow.Key?
  /// What was answered so far, kept for a repetition; nil when it has no key or is too large.
  private var answer: IdempotencyWindow.Answer?
  private var waiters: [ServedRequestReference] = []
  private var bodyCredit = 0
  /// A reply was refused with `again`: the application waits to hear that there is room.
  private var waitsForRoom = false

  /// Repetitions of one request that may wait for its answer.
  static let waiterLimit = 8

  init(node: NodeCore, slot: UInt32) {
    self.node = node
    self.slot = slot
  }

  var reference: ServedRequestReference { ServedRequestReference(slot: slot, generation: generation) }

  // MARK: begin

  func begin(_ service: RequestService, _ stream: PeerStream, _ preamble: StreamPreamble) {
    state = .opened
    self.service = service
    self.preamble = preamble
    peer = stream.peer
    multiplexer = stream.multiplexer
    self.stream = stream.reference
  }

  private func accept(_ message: Message, credit: Int) {
    guard let service, let peer else { return }
    if service.releasesByHand { bodyCredit = credit }
    var isRepeated = false
    if let bytes = message.idempotencyKey {
      let key = IdempotencyWindow.Key(name: service.name, bytes)
      let window = peer.idempotency ?? IdempotencyWindow()
      peer.idempotency = window
      switch window[key] {
      case .running(let reference)?:
        guard node.servedRequests[reference]?.admit(self) == true else { return close(code: StreamCode.busy) }
        state = .waiting
        return releaseBody()
      case .answered(let answer)?:
        releaseBody()
        return give(answer)
      case .forgotten?: isRepeated = true
      case nil: break
      }
      guard window.begin(key, reference) else { return close(code: StreamCode.busy) }
      self.key = key
      answer = .init()
    }
    state = .running
    let now = node.now
    let remaining = message.lifetime.map { min($0, 1 << 40) * 1_000_000 }
    if let remaining { node.servedRequests.schedule(self, at: now + remaining) }
    service.server.received(
      IncomingRequest(
        reference: reference, peer: peer, name: preamble.name, trafficClass: preamble.trafficClass,
        metadata: preamble.metadata, body: message.body, remaining: remaining,
        idempotencyKey: message.idempotencyKey, isRepeated: isRepeated), of: node)
  }

  /// A repetition comes while this one runs: it gets the same answer.
  private func admit(_ other: ServedRequest) -> Bool {
    guard state == .running, answer != nil, waiters.count < Self.waiterLimit else { return false }
    waiters.append(other.reference)
    return true
  }

  // MARK: the application's answer

  func reply(_ body: UnsafeRawBufferPointer, now: UInt64) throws(SendRefusal) {
    guard state == .running else { throw .closed }
    if let stream, let multiplexer {
      do throws(SendRefusal) { try multiplexer.send(body, to: stream, now: now) } catch {
        waitsForRoom = error == .again
        throw error
      }
    }
    if answer?.add(body) == false { answer = nil }
    // Nobody listens, and what is said cannot be kept: going on would be for nothing.
    if stream == nil, answer == nil { cancel(.peerGone) }
  }

  func finish() {
    guard state == .running else { return }
    if let stream, let multiplexer { multiplexer.finish(stream) }
    settleKey(answer)
    close()
  }

  func refuse(code: UInt64, text: [UInt8]) {
    guard state == .running else { return }
    if let stream, let multiplexer { Self.send(refusal: code, text, on: stream, of: multiplexer) }
    answer?.refusal = (code, text)
    if code == StreamCode.busy, let key {
      // It was not carried out: a repetition is as good as the first one.
      peer?.idempotency?.forget(key)
      tellWaiters(nil)
      self.key = nil
    } else {
      settleKey(answer)
    }
    close()
  }

  private static func send(
    refusal code: UInt64, _ text: [UInt8], on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    text.withUnsafeBytes { multiplexer.send(refusal: code, text: $0, to: stream) }
    multiplexer.finish(stream)
  }

  private func settleKey(_ answer: IdempotencyWindow.Answer?) {
    guard let key else { return }
    peer?.idempotency?.end(key, answer)
    self.key = nil
    tellWaiters(answer)
  }

  private func tellWaiters(_ answer: IdempotencyWindow.Answer?) {
    let waiting = waiters
    waiters = []
    for reference in waiting {
      guard let request = node.servedRequests[reference], request.state == .waiting else { continue }
      if let answer { request.give(answer) } else { request.close(code: StreamCode.busy) }
    }
  }

  /// Answers with what was answered before.
  private func give(_ answer: IdempotencyWindow.Answer) {
    guard let stream, let multiplexer else { return close() }
    for reply in answer.replies {
      do throws(SendRefusal) {
        try reply.withUnsafeBufferPointer { (bytes) throws(SendRefusal) in
          try multiplexer.send(UnsafeRawBufferPointer(bytes), to: stream, now: node.now)
        }
      } catch { return close(code: StreamCode.busy) }
    }
    if let refusal = answer.refusal {
      Self.send(refusal: refusal.code, refusal.text, on: stream, of: multiplexer)
    } else {
      multiplexer.finish(stream)
    }
    close()
  }

  // MARK: end

  /// The deadline that came with the request has passed.
  func expire(now: UInt64) { cancel(.deadline, code: StreamCode.deadline) }

  /// Nobody waits any more: the stream is given up and the application told.
  func cancel(_ reason: RequestCancellation, code: UInt64 = StreamCode.cancelled) {
    guard state == .running, let server = service?.server else { return }
    let reference = reference
    settleKey(nil)
    close(code: code)
    server.cancelled(reference, reason, of: node)
  }

  /// The caller does not listen any more.
  private func callerLeft(_ code: UInt64) {
    let isGone = code == StreamCode.peerRestarted || code == StreamCode.sessionEnded
    switch state {
    case .running:
      // Whoever has a key will ask again, or others wait for the same answer: the work goes on.
      if answer != nil, isGone || !waiters.isEmpty {
        if !isGone { giveStreamUp(code) }
        stream = nil
        bodyCredit = 0
        // The queue that was full is gone: what is kept for the repetition needs no room in it.
        if waitsForRoom { tellWritable() }
        return
      }
      if isGone { stream = nil }
      cancel(isGone ? .peerGone : code == StreamCode.deadline ? .deadline : .cancelled, code: code)
    case .opened, .waiting:
      if isGone { stream = nil }
      close(code: code)
    case .ended, .free:
      if isGone, state == .ended { recycle() }
    }
  }

  private func giveStreamUp(_ code: UInt64) {
    guard let stream, let multiplexer else { return }
    multiplexer.reset(stream, code: code)
    multiplexer.stop(stream, code: code)
  }

  /// Frees the slot, or keeps it for the body that is still held.
  private func close(code: UInt64? = nil) {
    if let code {
      giveStreamUp(code)
      bodyCredit = 0
    }
    if bodyCredit > 0, stream != nil {
      state = .ended
      node.servedRequests.schedule(self, at: .max)
    } else {
      recycle()
    }
  }

  private func recycle() {
    state = .free
    generation &+= 1
    service = nil
    peer = nil
    multiplexer = nil
    stream = nil
    key = nil
    answer = nil
    waiters = []
    bodyCredit = 0
    waitsForRoom = false
    preamble.metadata = []
    node.servedRequests.free(self)
  }

  func releaseBody() {
    let credit = bodyCredit
    bodyCredit = 0
    guard credit > 0 else { return }
    if let stream, let multiplexer { multiplexer.release(credit, of: stream, now: node.now) }
    if state == .ended { recycle() }
  }

  // MARK: StreamHandler

  private func isCurrent(_ stream: StreamReference, _ multiplexer: Multiplexer) -> Bool {
    state != .free && self.stream == stream && self.multiplexer === multiplexer
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    guard isCurrent(stream, multiplexer), state == .opened else {
      // There is one record in a request.
      while run.next() != nil {}
      return
    }
    let before = run.consumed
    guard let message = run.next() else { return }
    accept(message, credit: run.consumed - before)
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    guard isCurrent(stream, multiplexer) else { return }
    if let code { return callerLeft(code) }
    if state == .opened { close(code: StreamCode.failed) }
  }

  override func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) {
    if isCurrent(stream, multiplexer) { callerLeft(code) }
  }

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) {
    if isCurrent(stream, multiplexer), state == .running { tellWritable() }
  }

  private func tellWritable() {
    waitsForRoom = false
    service?.server.writable(reference, of: node)
  }
}
