// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshWire

/// One request of this node: its stream, its deadline and its repetitions. Kept in a slot and used again for others.
///
/// User code is called last in every function, when the state is whole; behind a call the request may be another one.
final class OutgoingRequest: StreamHandler {
  enum State {
    /// The slot is free.
    case free
    /// An attempt is on a stream.
    case asking
    /// The next attempt waits for its time.
    case waiting
    /// It has ended, and replies are still held by hand.
    case ended
  }

  /// It goes only after it has taken its requests off all streams.
  unowned(unsafe) let node: NodeCore
  let slot: UInt32
  private(set) var generation: UInt32 = 0
  private(set) var state = State.free
  private(set) var peer: NodeID
  private var handler: RequestHandler?
  private var preamble = StreamPreamble(kind: .request, trafficClass: .normal, name: "")
  private var options = RequestOptions()
  /// Kept for repetitions only.
  private var body: [UInt8] = []
  private var deadline: UInt64 = .max
  private var retryAt: UInt64 = .max
  /// When it fails unless a link has come up by then.
  private var pathDeadline: UInt64 = .max
  private var attempts = 0
  private var wasUnderWay = false
  private var hasReplied = false
  private var isPaused = false
  private var heldCredit = 0
  /// Kept as long as the request is its stream's handler; whichever ends first lets go of the other.
  private var multiplexer: Multiplexer?
  private var stream: StreamReference?

  /// With nothing sent and no path, a request that does not wait for one fails at once; one that is under way waits
  /// this long for a link to come back.
  static let pathGrace: UInt64 = 10_000_000_000

  init(node: NodeCore, slot: UInt32) {
    self.node = node
    peer = node.identity.id
    self.slot = slot
  }

  var reference: RequestReference { RequestReference(slot: slot, generation: generation) }

  /// What the heap of deadlines has to know.
  var nextDeadline: UInt64 { min(deadline, min(retryAt, pathDeadline)) }

  // MARK: begin

  func begin(
    _ preamble: StreamPreamble, to peer: NodeID, options: RequestOptions, handler: RequestHandler, now: UInt64
  ) {
    self.peer = peer
    self.preamble = preamble
    self.options = options
    self.handler = handler
    deadline = options.deadline.map { $0 > UInt64.max - now ? .max : now + $0 } ?? .max
    state = .waiting
  }

  /// Keeps the body for repetitions.
  func keep(_ bytes: UnsafeRawBufferPointer) {
    body = Array(bytes)
    node.requests.noteKept(body.count)
  }

  /// The first attempt was not possible: nothing is told of it.
  func neverBegan() {
    handler = nil
    deadline = .max
    recycle()
  }

  /// Makes an attempt with the body given.
  func attempt(_ body: UnsafeRawBufferPointer, now: UInt64) throws(NodeError) {
    let (target, multiplexer) = try node.multiplexer(for: peer, now: now)
    if target.links.isEmpty, !target.addresses.isEmpty { node.want(peer, now: now) }
    do throws(SendRefusal) {
      // A stream that is opened and given up would cost the peer one.
      guard multiplexer.mayTake(body.count, of: preamble.trafficClass) else { throw .again }
      let stream = try multiplexer.open(preamble, handler: self)
      if options.releasesByHand { multiplexer.releaseByHand(stream) }
      let message = MessageOptions(
        idempotencyKey: options.idempotencyKey, lifetime: deadline == .max ? nil : deadline - min(now, deadline))
      do throws(SendRefusal) {
        try multiplexer.send(body, options: message, to: stream, now: now)
      } catch {
        // Nobody has heard of the stream yet, and nothing must be told of it.
        multiplexer.reset(stream, code: StreamCode.cancelled)
        multiplexer.stop(stream, code: StreamCode.cancelled)
        throw error
      }
      multiplexer.finish(stream)
      self.multiplexer = multiplexer
      self.stream = stream
    } catch { throw .refused(error) }
    attempts += 1
    state = .asking
    retryAt = .max
    // The end is never told from inside the call: a path that is missing is noticed by the deadline.
    pathDeadline = !options.waitsForPath && node.hasNoPath(to: peer) ? now : .max
  }

  // MARK: time and paths

  /// A deadline has come.
  func advance(now: UInt64) {
    if now >= deadline {
      abandonStream(code: StreamCode.deadline)
      return fail(RequestFailure(reason: .deadline))
    }
    if now >= retryAt, state == .waiting {
      retryAt = .max
      return repeatAttempt(now: now)
    }
    guard now >= pathDeadline, state == .asking else { return node.requests.schedule(self) }
    pathDeadline = .max
    guard node.isWithoutLinks(peer) else { return node.requests.schedule(self) }
    pathIsMissing(node.pathProblem(of: peer), now: now)
  }

  /// No path leads to the peer now, or its last link is gone.
  func pathLost(_ text: String, isFinal: Bool, now: UInt64) {
    guard state == .asking, !options.waitsForPath else { return }
    if isFinal, !isUnderWay {
      pathIsMissing(text, now: now)
    } else if pathDeadline == .max {
      pathDeadline = now + Self.pathGrace
      node.requests.schedule(self)
    }
  }

  private func pathIsMissing(_ text: String, now: UInt64) {
    noteUnderWay()
    abandonStream(code: StreamCode.cancelled)
    attemptFailed(RequestFailure(reason: .unreachable, text: text), mayRepeat: true, now: now)
  }

  private func repeatAttempt(now: UInt64) {
    let body = body
    do throws(NodeError) {
      try body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
        try attempt(UnsafeRawBufferPointer(bytes), now: now)
      }
      node.requests.schedule(self)
    } catch {
      attempts += 1
      guard case .refused = error else {
        let text = error == .unknownPeer ? "the peer is not known any more" : "there are too many sessions"
        return attemptFailed(RequestFailure(reason: .unreachable, text: text), mayRepeat: false, now: now)
      }
      let failure = RequestFailure(
        reason: .refused, code: StreamCode.busy, text: "there was no room on this node to make it again")
      attemptFailed(failure, mayRepeat: true, now: now)
    }
  }

  /// An attempt has ended without an answer: it is made again after a while, or the request has failed.
  private func attemptFailed(_ failure: RequestFailure, mayRepeat: Bool, now: UInt64) {
    let roundTrip = node.roundTrip(to: peer)
    let wait = RetryLadder.delay(attempts - 1, roundTrip: roundTrip, random: node.random.uint64())
    guard mayRepeat, options.isIdempotent, !hasReplied, attempts <= RetryLadder.count, now + wait < deadline else {
      return fail(failure)
    }
    forgetStream()
    state = .waiting
    retryAt = now + wait
    pathDeadline = .max
    node.requests.counters.repeated += 1
    node.requests.schedule(self)
  }

  // MARK: end

  private var isUnderWay: Bool {
    guard let stream, let multiplexer else { return false }
    return multiplexer.isUnderWay(stream)
  }

  private func noteUnderWay() { if isUnderWay { wasUnderWay = true } }

  /// Gives the stream up, and tells the peer why.
  func abandonStream(code: UInt64) {
    noteUnderWay()
    guard let stream, let multiplexer else { return }
    forgetStream()
    multiplexer.reset(stream, code: code)
    multiplexer.stop(stream, code: code)
  }

  private func forgetStream() {
    stream = nil
    multiplexer = nil
  }

  func fail(_ failure: RequestFailure) {
    guard state == .asking || state == .waiting, let handler else { return }
    noteUnderWay()
    var failure = failure
    failure.attempts = max(attempts, 1)
    let isCertain = failure.reason == .noSuchProtocol || failure.reason == .notAllowed
    failure.maybeExecuted = wasUnderWay && !isCertain
    let reference = reference
    close()
    node.requests.counters.failed += 1
    handler.failed(reference, failure, of: node)
  }

  private func finish() {
    guard let handler else { return }
    let reference = reference
    close()
    node.requests.counters.finished += 1
    handler.finished(reference, of: node)
  }

  /// Frees the slot, or keeps it for the credit that is still held.
  private func close() {
    handler = nil
    node.requests.noteKept(-body.count)
    body = []
    deadline = .max
    retryAt = .max
    pathDeadline = .max
    if heldCredit > 0, stream != nil {
      state = .ended
      node.requests.schedule(self)
    } else {
      recycle()
    }
  }

  private func recycle() {
    forgetStream()
    state = .free
    generation &+= 1
    attempts = 0
    wasUnderWay = false
    hasReplied = false
    isPaused = false
    heldCredit = 0
    preamble.metadata = []
    node.requests.free(self)
  }

  // MARK: the user's flow control

  func pause() { isPaused = true }

  func resume(now: UInt64) {
    guard isPaused else { return }
    isPaused = false
    if let stream, let multiplexer { multiplexer.resume(stream, now: now) }
  }

  func release(_ credit: Int, now: UInt64) {
    let credit = min(max(credit, 0), heldCredit)
    heldCredit -= credit
    if let stream, let multiplexer { multiplexer.release(credit, of: stream, now: now) }
    if state == .ended, heldCredit == 0 { recycle() }
  }

  // MARK: StreamHandler

  private func isCurrent(_ stream: StreamReference, _ multiplexer: Multiplexer) -> Bool {
    state == .asking && self.stream == stream && self.multiplexer === multiplexer
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while isCurrent(stream, multiplexer), !isPaused {
      let before = run.consumed
      guard let message = run.next() else { return }
      if let refusal = message.refusal { return refused(refusal) }
      guard message.body.count <= options.replyLimit else {
        abandonStream(code: StreamCode.cancelled)
        return fail(RequestFailure(reason: .replyTooLarge))
      }
      hasReplied = true
      let credit = run.consumed - before
      if options.releasesByHand { heldCredit += credit }
      handler?.replied(
        Reply(body: message.body, credit: credit, isLast: run.isAtEnd), to: reference, of: node)
    }
  }

  private func refused(_ refusal: MessageRefusal) {
    let text = String(validating: refusal.text, as: UTF8.self) ?? ""
    attemptEnded(code: refusal.code, text: text)
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    guard isCurrent(stream, multiplexer) else { return }
    guard let code else { return finish() }
    attemptEnded(code: code, text: "")
  }

  override func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) {
    guard isCurrent(stream, multiplexer) else { return }
    attemptEnded(code: code, text: "")
  }

  private func attemptEnded(code: UInt64, text: String) {
    wasUnderWay = true
    // A stream that was cut off is gone; of others the rest is given up.
    if code == StreamCode.peerRestarted || code == StreamCode.sessionEnded {
      forgetStream()
    } else {
      abandonStream(code: StreamCode.cancelled)
    }
    var failure = RequestFailure(reason: .refused, code: code, text: text)
    var mayRepeat = false
    switch code {
    case StreamCode.noSuchProtocol: failure.reason = .noSuchProtocol
    case StreamCode.notAllowed: failure.reason = .notAllowed
    case StreamCode.deadline: failure.reason = .deadline
    case StreamCode.peerRestarted: (failure.reason, mayRepeat) = (.peerRestarted, true)
    case StreamCode.sessionEnded: (failure.reason, mayRepeat) = (.unreachable, true)
    case StreamCode.busy: mayRepeat = true
    default: break
    }
    if failure.reason != .refused { failure.code = 0 }
    attemptFailed(failure, mayRepeat: mayRepeat, now: node.now)
  }
}
