// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// The limits of classes and their drop rules.
extension Multiplexer {
  /// Replaces the rules of the classes, by raw value; they hold from the next message on, and that one may push out
  /// messages from before, if somebody waits for their fate.
  public func setQueues(_ rules: [QueueRule]) {
    let former = TrafficClass.allCases.map { rule(of: $0).drop }
    options.queues = rules
    for (trafficClass, drop) in zip(TrafficClass.allCases, former) {
      if drop != .oldest, rule(of: trafficClass).drop == .oldest { noteAllPending(of: trafficClass) }
      noteClassRoom(trafficClass)
    }
  }

  /// Bytes of a class that wait or are not confirmed.
  public func queuedBytes(of trafficClass: TrafficClass) -> Int { queued[Int(trafficClass.rawValue)] }

  func rule(of trafficClass: TrafficClass) -> QueueRule {
    let index = Int(trafficClass.rawValue)
    return index < options.queues.count ? options.queues[index] : QueueRule(limit: options.sendBuffer)
  }

  /// Brings the sum of the class up to date with what the stream holds now.
  func recount(_ stream: Stream) {
    let held = stream.ring.count
    queued[Int(stream.trafficClass.rawValue)] += held - stream.countedBytes
    stream.countedBytes = held
  }

  /// The slot is about to be used for another stream.
  func discount(_ stream: Stream) {
    queued[Int(stream.trafficClass.rawValue)] -= stream.countedBytes
    stream.countedBytes = 0
  }

  /// Bytes that may be added to a stream of bytes.
  func room(in stream: Stream) -> Int {
    let rule = rule(of: stream.trafficClass)
    let used = stream.ring.count
    let inClass = rule.limit - queued[Int(stream.trafficClass.rawValue)]
    return max(min(rule.limit - used, inClass), rule.share - used, 0)
  }

  /// Whether a message fits. One that is larger than the limit is taken when next to nothing else waits.
  func hasRoom(for count: Int, in stream: Stream, _ rule: QueueRule) -> Bool {
    let used = stream.ring.count
    let inClass = queued[Int(stream.trafficClass.rawValue)]
    if used + count <= rule.limit, inClass + count <= rule.limit { return true }
    if used + count <= rule.share { return true }
    return used <= 512 && inClass <= max(rule.limit / 2, 512)
  }

  /// Whether a stream that is opened now would take a message of `count` bytes; metadata may still make it too much.
  public func mayTake(_ count: Int, of trafficClass: TrafficClass) -> Bool {
    let rule = rule(of: trafficClass)
    let inClass = queued[Int(trafficClass.rawValue)]
    return inClass + count + 64 <= rule.limit || count + 64 <= rule.share || inClass <= max(rule.limit / 2, 512)
  }

  /// Makes room by the rule of the class; what was given up is added to `settled`, to be told when all is done.
  func makeRoom(for count: Int, in stream: Stream, _ rule: QueueRule, _ settled: inout [Settled], now: UInt64) -> Bool {
    guard stream.kind == .messages, rule.drop != .refuse, count <= rule.limit else { return false }
    for other in streams where other.isOpen && other.isLocal && other.trafficClass == stream.trafficClass {
      removeExpired(of: other, &settled, now: now)
    }
    while !hasRoom(for: count, in: stream, rule) {
      guard rule.drop == .oldest, let victim = oldestUnsent(of: stream.trafficClass) else { return false }
      dropFirst(of: victim, &settled)
    }
    return true
  }

  /// A message whose fate is told later in the same call.
  struct Settled {
    var stream: StreamReference
    /// Kept here: whoever is told first may end the stream.
    var handler: StreamHandler?
    var token: UInt64
    var outcome: MessageOutcome
    var isHanded: Bool
  }

  func tell(_ settled: [Settled]) {
    for one in settled {
      if one.isHanded {
        one.handler?.settled(handed: one.token, one.outcome, on: one.stream, of: self)
      } else {
        one.handler?.settled(token: one.token, one.outcome, on: one.stream, of: self)
      }
    }
  }

  // MARK: what has not begun to leave

  /// Notes where a message begins when the rule may want to drop it.
  func notePending(_ start: UInt64, of stream: Stream) {
    prunePending(stream)
    lastOrder += 1
    stream.pending.append(.init(start: start, order: lastOrder))
  }

  /// Notes where the messages begin that were taken while the rule dropped none. Tokens grow with time; a message
  /// without one counts as old as the one before it, so that each stream's stay in their order.
  private func noteAllPending(of trafficClass: TrafficClass) {
    var waiting: [(age: UInt64, start: UInt64, stream: Stream)] = []
    for stream in streams where stream.isOpen && stream.trafficClass == trafficClass && stream.kind == .messages {
      stream.pending.removeAll()
      stream.firstPending = 0
      var age: UInt64 = 0
      for token in stream.tokens[stream.firstToken...] where token.start >= stream.sent {
        if token.number != .max { age = max(age, token.number) }
        waiting.append((age, token.start, stream))
      }
    }
    for one in waiting.sorted(by: { ($0.age, $0.start) < ($1.age, $1.start) }) {
      notePending(one.start, of: one.stream)
    }
  }

  /// Forgets messages that have begun to leave.
  private func prunePending(_ stream: Stream) {
    while stream.firstPending < stream.pending.count, stream.pending[stream.firstPending].start < stream.sent {
      stream.firstPending += 1
    }
    if stream.firstPending > 64, stream.firstPending * 2 > stream.pending.count {
      stream.pending.removeFirst(stream.firstPending)
      stream.firstPending = 0
    }
  }

  /// The stream whose next unsent message is the oldest of the class.
  private func oldestUnsent(of trafficClass: TrafficClass) -> Stream? {
    var oldest: Stream?
    var order: UInt64 = .max
    for stream in streams where stream.isOpen && stream.trafficClass == trafficClass && !stream.pending.isEmpty {
      prunePending(stream)
      guard stream.firstPending < stream.pending.count, stream.pending[stream.firstPending].order < order else {
        continue
      }
      order = stream.pending[stream.firstPending].order
      oldest = stream
    }
    return oldest
  }

  private func dropFirst(of stream: Stream, _ settled: inout [Settled]) {
    let start = stream.pending[stream.firstPending].start
    let end = recordEnd(of: stream, from: start)
    var wasGivenUp = false
    if let index = stream.tokens[stream.firstToken...].firstIndex(where: { $0.start == start }) {
      wasGivenUp = stream.tokens[index].expired
      if !wasGivenUp { settled.append(stream.tokens[index], .dropped, of: stream) }
      stream.tokens.remove(at: index)
    }
    if !wasGivenUp { counters.messagesDropped += 1 }
    removeUnsent(start, end, of: stream)
  }

  private func removeExpired(of stream: Stream, _ settled: inout [Settled], now: UInt64) {
    var index = stream.firstToken
    while index < stream.tokens.count {
      let token = stream.tokens[index]
      guard token.deadline <= now, token.start >= stream.sent else {
        index += 1
        continue
      }
      if !token.expired {
        counters.messagesExpired += 1
        settled.append(token, .expired(maybeDelivered: token.wasSent), of: stream)
      }
      stream.tokens.remove(at: index)
      removeUnsent(token.start, token.end, of: stream)
    }
  }

  /// Takes a record out of the bytes that have never been sent: those behind it move up.
  private func removeUnsent(_ start: UInt64, _ end: UInt64, of stream: Stream) {
    stream.ring.remove(from: start, to: end)
    let count = end - start
    for index in stream.firstToken..<stream.tokens.count where stream.tokens[index].start >= end {
      stream.tokens[index].start -= count
      stream.tokens[index].end -= count
    }
    stream.pending.removeAll { $0.start == start && $0.start >= stream.sent }
    stream.firstPending = min(stream.firstPending, stream.pending.count)
    for index in stream.firstPending..<stream.pending.count where stream.pending[index].start >= end {
      stream.pending[index].start -= count
    }
    findNextSent(stream)
    recount(stream)
  }

  /// The offset behind the record that begins at `start`.
  private func recordEnd(of stream: Stream, from start: UInt64) -> UInt64 {
    let size = UInt64(1 << (stream.ring.byte(at: start) >> 6))
    var header = UInt64(stream.ring.byte(at: start) & 0x3f)
    for index in 1..<max(size, 1) { header = header << 8 | UInt64(stream.ring.byte(at: start + index)) }
    var end = start + size
    if header & MessageRun.hasOptions != 0 { end += 1 + UInt64(stream.ring.byte(at: end)) }
    return end + header >> 2
  }

  // MARK: room again

  /// The stream holds less than before: whoever was refused is told.
  func noteRoom(_ stream: Stream) {
    recount(stream)
    let rule = rule(of: stream.trafficClass)
    let isClassFree = queued[Int(stream.trafficClass.rawValue)] <= rule.limit / 2
    if stream.isBlocked, isClassFree || stream.ring.count <= rule.share / 2 { unblock(stream) }
    if isClassFree { noteClassRoom(stream.trafficClass) }
  }

  /// Tells every stream of the class that was refused, when half of the queue is free.
  func noteClassRoom(_ trafficClass: TrafficClass) {
    let one = ClassSet(trafficClass)
    guard blockedClasses.contains(one),
      queued[Int(trafficClass.rawValue)] <= rule(of: trafficClass).limit / 2
    else { return }
    blockedClasses.remove(one)
    for stream in streams where stream.isOpen && stream.isBlocked && stream.trafficClass == trafficClass {
      unblock(stream)
    }
  }

  /// A send was refused.
  func block(_ stream: Stream) {
    stream.isBlocked = true
    blockedClasses.insert(ClassSet(stream.trafficClass))
  }

  private func unblock(_ stream: Stream) {
    stream.isBlocked = false
    stream.handler?.writable(stream.reference, of: self)
  }
}

extension [Multiplexer.Settled] {
  /// Adds a message if anybody wants to hear of it.
  mutating func append(_ token: Stream.Token, _ outcome: MessageOutcome, of stream: Stream) {
    guard token.number != .max else { return }
    append(
      .init(
        stream: stream.reference, handler: stream.handler, token: token.number, outcome: outcome,
        isHanded: token.isHanded))
  }
}
