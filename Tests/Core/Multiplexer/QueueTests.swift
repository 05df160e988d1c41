// SPDX-License-Identifier: Apache-2.0
import MeshSession
import Testing

@testable import MeshMultiplexer

@Suite struct QueueTests {
  private func pipe(_ limit: Int, _ drop: QueueRule.Drop, seed: UInt64 = 0) -> Pipe {
    var options = MultiplexerOptions()
    options.queues = [QueueRule](repeating: QueueRule(limit: limit, drop: drop), count: TrafficClass.count)
    return Pipe(seed: seed, options: options)
  }

  /// Sends until it is refused; returns how many were taken.
  private func fill(_ pipe: Pipe, _ stream: StreamReference, upTo count: Int = 10_000) -> Int {
    for number in 0..<count {
      do { try pipe.a.send([UInt8](repeating: 7, count: 1000), to: stream, now: pipe.now) } catch {
        #expect(error as? SendRefusal == .again)
        return number
      }
    }
    return count
  }

  @Test func aFullClassRefusesAndSaysWhenThereIsRoom() throws {
    let pipe = pipe(100_000, .refuse)
    let handler = Recorder()
    let stream = try pipe.a.open(.messages, handler: handler)
    let count = fill(pipe, stream)
    #expect(count >= 90 && count <= 100)
    #expect(pipe.a.queuedBytes(of: .normal) <= 100_000)
    #expect(handler.writableCalls == 0)
    pipe.run()
    #expect(handler.writableCalls == 1)
    #expect(pipe.a.queuedBytes(of: .normal) == 0)
    #expect(pipe.acceptorB.recorders[0].messages.count == count)
  }

  @Test func theStreamsOfAClassShareItsLimitAndOtherClassesHaveTheirOwn() throws {
    let pipe = pipe(100_000, .refuse)
    let waiting = Recorder()
    let (first, second) = (try pipe.a.open(.messages, "/a"), try pipe.a.open(.messages, "/b", handler: waiting))
    let other = try pipe.a.open(.messages, "/c", .bulk)
    _ = fill(pipe, first)
    // A sixteenth is its own, whatever the others hold.
    let own = fill(pipe, second)
    #expect(own > 0 && own <= 6)
    #expect(fill(pipe, other) >= 90)
    pipe.run()
    #expect(waiting.writableCalls >= 1)
    #expect(fill(pipe, second) >= 90)
  }

  @Test func aMessageLargerThanTheLimitIsTakenWhenNothingElseWaits() throws {
    let pipe = pipe(100_000, .oldest)
    let stream = try pipe.a.open(.messages)
    try pipe.a.send([UInt8](repeating: 1, count: 300_000), to: stream, now: pipe.now)
    #expect(throws: SendRefusal.again) {
      try pipe.a.send([UInt8](repeating: 1, count: 300_000), to: stream, now: pipe.now)
    }
    pipe.run()
    #expect(pipe.acceptorB.recorders[0].messages.map(\.count) == [300_000])
  }

  @Test(
    "Every message is delivered or reported as dropped, and what arrives is in order", arguments: 0..<8 as Range<UInt64>
  )
  func oldest(seed: UInt64) throws {
    let pipe = pipe(70_000, .oldest, seed: seed)
    pipe.loss = 10
    let handler = Recorder()
    let flows = [
      try pipe.a.open(.messages, "/a", handler: handler), try pipe.a.open(.messages, "/b", handler: handler),
    ]
    var token: UInt64 = 0
    for round in 0..<40 {
      for _ in 0..<20 {
        var body = withUnsafeBytes(of: token.bigEndian) { Array($0) }
        body += [UInt8](
          repeating: UInt8(truncatingIfNeeded: token), count: Int.random(in: 0...6000, using: &pipe.random))
        let options = MessageOptions(lifetime: round % 5 == 0 ? 30_000_000 : nil, token: token)
        // Only what has not begun to leave can be dropped: with all of it under way a message is refused.
        do { try pipe.a.send(body, options: options, to: flows[Int(token % 2)], now: pipe.now) } catch { continue }
        #expect(pipe.a.queuedBytes(of: .normal) <= 70_000)
        token += 1
      }
      pipe.run(rounds: 2)
    }
    pipe.run()
    #expect(pipe.violations.isEmpty)
    #expect(handler.settledOutcomes.count == Int(token))
    var arrived: Set<UInt64> = []
    for recorder in pipe.acceptorB.recorders {
      let tokens = recorder.messages.map { $0[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
      #expect(tokens == tokens.sorted())
      for (message, token) in zip(recorder.messages, tokens) {
        #expect(message[8...].allSatisfy { $0 == UInt8(truncatingIfNeeded: token) })
      }
      arrived.formUnion(tokens)
    }
    var dropped = 0
    for (token, outcome) in handler.settledOutcomes {
      switch outcome {
      case .delivered: #expect(arrived.contains(token))
      case .dropped, .expired(maybeDelivered: false): #expect(!arrived.contains(token))
      default: break
      }
      if outcome == .dropped { dropped += 1 }
    }
    #expect(dropped > 0)
    #expect(pipe.a.counters.messagesDropped == UInt64(dropped))
    #expect(pipe.a.queuedBytes(of: .normal) == 0)
  }

  @Test func expiredMessagesMakeRoomAndOthersAreNotTouched() throws {
    let pipe = pipe(100_000, .expired)
    let handler = Recorder()
    let stream = try pipe.a.open(.messages, handler: handler)
    for token in 0..<90 as Range<UInt64> {
      let options = MessageOptions(lifetime: token % 2 == 0 ? 1_000_000 : nil, token: token)
      try pipe.a.send([UInt8](repeating: UInt8(token), count: 1000), options: options, to: stream, now: pipe.now)
    }
    #expect(fill(pipe, stream) < 10)
    pipe.now += 2_000_000
    let more = fill(pipe, stream)
    #expect(more >= 40)
    #expect(handler.settledOutcomes.count == 45)
    #expect(handler.settledOutcomes.allSatisfy { $0.key % 2 == 0 && $0.value == .expired(maybeDelivered: false) })
    pipe.run()
    #expect(handler.settledOutcomes.count == 90)
    let first = pipe.acceptorB.recorders[0].messages.prefix(45).map { $0[0] }
    #expect(first == (0..<45).map { UInt8(2 * $0 + 1) })
  }

  @Test func aStreamOfBytesIsHeldBackByTheLimitOfItsClass() throws {
    let pipe = pipe(100_000, .oldest)
    let stream = try pipe.a.open(.bytes)
    #expect(try pipe.a.write([UInt8](repeating: 1, count: 300_000), to: stream) < 100_000)
    #expect(pipe.a.queuedBytes(of: .normal) <= 100_000)
    pipe.a.reset(stream, code: 0)
    #expect(pipe.a.queuedBytes(of: .normal) == 0)
  }

  @Test func aRestartedPeerLeavesTheSumsRight() throws {
    let pipe = pipe(100_000, .oldest)
    let handler = Recorder()
    let stream = try pipe.a.open(.messages, handler: handler)
    let other = try pipe.a.open(.bytes, "/b")
    for token in 0..<50 as Range<UInt64> {
      try pipe.a.send([1, 2, 3], options: MessageOptions(token: token), to: stream, now: pipe.now)
    }
    _ = try pipe.a.write([UInt8](repeating: 1, count: 30_000), to: other)
    _ = pipe.packet(of: pipe.a)
    pipe.a.restart(parameters: pipe.a.options.parameters, now: pipe.now)
    for token in 50..<2000 as Range<UInt64> {
      try pipe.a.send(
        [UInt8](repeating: 9, count: 500), options: MessageOptions(token: token), to: stream, now: pipe.now)
      #expect(pipe.a.queuedBytes(of: .normal) <= 100_000)
    }
    pipe.run()
    #expect(handler.settledOutcomes.count == 2000)
    #expect(pipe.a.queuedBytes(of: .normal) == 0)
  }
}
