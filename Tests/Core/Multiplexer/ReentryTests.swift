// SPDX-License-Identifier: Apache-2.0
import MeshSession
import Testing

@testable import MeshMultiplexer

/// Handlers that use the multiplexer while it tells them something.
@Suite struct ReentryTests {
  /// Opens a stream as soon as its own was cut off, and writes to it.
  private final class Reopening: StreamHandler {
    let next = Recorder()

    override func ended(_: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
      guard code == StreamCode.peerRestarted, let stream = try? multiplexer.open(.bytes, handler: next) else { return }
      _ = try? multiplexer.write([1, 2, 3], to: stream)
    }
  }

  @Test func aStreamOpenedWhileAnotherIsCutOffBelongsToTheNewLife() throws {
    let pipe = Pipe()
    let handler = Reopening()
    let first = try pipe.a.open(.bytes, handler: handler)
    _ = try pipe.a.write([7], to: first)
    // Leaves a slot that is free, and looked at behind the first stream's.
    let second = try pipe.a.open(.bytes)
    _ = try pipe.a.write([8], to: second)
    pipe.run()
    pipe.a.reset(second, code: 300)
    pipe.a.stop(second, code: 300)
    pipe.run()
    #expect(pipe.a.openStreams == 1)
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    pipe.b.restart(parameters: PeerParameters(), now: pipe.now)
    pipe.run()
    #expect(handler.next.endedCodes.isEmpty)
    #expect(pipe.acceptorB.recorders.last?.bytes == [1, 2, 3])
    #expect(pipe.a.openStreams == 1)
    #expect(pipe.violations.isEmpty)
  }

  @Test func aMessageExpiresInTimeAlthoughTheSenderOfAnotherOneSendsWhenItHears() throws {
    var options = MultiplexerOptions()
    let rule = QueueRule(limit: 2500, drop: .expired)
    options.queues = [QueueRule](repeating: rule, count: TrafficClass.count)
    let pipe = Pipe(options: options)
    let handler = Recorder()
    let stream = try pipe.a.open(.messages, handler: handler)
    let body = [UInt8](repeating: 5, count: 1000)
    let second: UInt64 = 1_000_000_000
    try pipe.a.send(body, options: MessageOptions(lifetime: second, token: 1), to: stream, now: pipe.now)
    try pipe.a.send(body, options: MessageOptions(lifetime: 2 * second, token: 2), to: stream, now: pipe.now)
    handler.onSettled = { stream, multiplexer in
      handler.onSettled = { _, _ in }
      // There is room when the one that has expired is taken out.
      try? multiplexer.send(body, options: MessageOptions(token: 3), to: stream, now: pipe.now)
    }
    pipe.now += second
    pipe.a.advance(now: pipe.now)
    #expect(handler.settledOutcomes == [1: .expired(maybeDelivered: false)])
    #expect(pipe.a.nextDeadline <= pipe.now + second)
    pipe.now += second
    pipe.a.advance(now: pipe.now)
    #expect(handler.settledOutcomes[2] == .expired(maybeDelivered: false))
    pipe.run()
    #expect(handler.settledOutcomes[3] == .delivered)
    #expect(pipe.acceptorB.recorders.last?.messages.count == 1)
  }

  @Test func aMessageThatAnEarlierLifeOfThePeerMayHaveSeenCannotBeTakenBack() throws {
    let pipe = Pipe()
    let stream = try pipe.a.open(.messages)
    try pipe.a.send([1], options: MessageOptions(token: 1), to: stream, now: pipe.now)
    #expect(pipe.packet(of: pipe.a) != nil)
    try pipe.a.send([2], options: MessageOptions(token: 2), to: stream, now: pipe.now)
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    #expect(!pipe.a.cancel(message: 1, of: stream))
    #expect(pipe.a.cancel(message: 2, of: stream))
    pipe.run()
    #expect(pipe.acceptorB.recorders.last?.messages == [[1]])
  }

  @Test func aMessageIsTakenBackWithItsKeyAsLongAsNoneOfItHasLeft() throws {
    let pipe = Pipe()
    let stream = try pipe.a.open(.messages)
    let key = [UInt8](repeating: 7, count: 16)
    try pipe.a.send([1], options: MessageOptions(token: 1), to: stream, now: pipe.now)
    #expect(pipe.packet(of: pipe.a) != nil)
    try pipe.a.send(
      [2, 3], options: MessageOptions(idempotencyKey: key, lifetime: 5_000_000_000, token: 2), to: stream,
      now: pipe.now)
    try pipe.a.send([4], options: MessageOptions(token: 3), to: stream, now: pipe.now)
    #expect(pipe.a.takeBack(message: 1, of: stream) == nil)
    let found = try #require(pipe.a.takeBack(message: 2, of: stream))
    #expect(found.body == [2, 3] && found.key == key && found.deadline == pipe.now + 5_000_000_000)
    #expect(pipe.a.takeBack(message: 2, of: stream) == nil)
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    pipe.run()
    #expect(pipe.acceptorB.recorders.last?.messages == [[1], [4]])
  }
}
