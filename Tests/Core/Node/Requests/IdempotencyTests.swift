// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import Testing

@Suite struct IdempotencyTests {
  let second: UInt64 = 1_000_000_000
  let key = [UInt8](1...16)

  private func answering(_ pair: CorePair, _ body: [UInt8]) -> (ServedRequestReference, NodeCore) -> Void {
    { [unowned pair] request, node in
      body.withUnsafeBytes { _ = try? node.reply($0, to: request, now: pair.now) }
      node.finish(request, now: pair.now)
    }
  }

  @Test func anIdempotentRequestIsRepeatedAfterARestartOfThePeer() throws {
    let pair = CorePair()
    let (caller, before, after) = (Caller(), Server(), Server())
    try pair.b.serveRequests("/ask/1", with: before)
    _ = try pair.ask([1, 2, 3], options: RequestOptions(isIdempotent: true, idempotencyKey: key), caller)
    #expect(pair.run { !before.seen.isEmpty })
    #expect(before.seen[0].key == key)
    pair.restart(1)
    after.onRequest = answering(pair, [4])
    try pair.b.serveRequests("/ask/1", with: after)
    #expect(pair.run { caller.hasEnded })
    #expect((caller.replies, caller.finishedCount) == ([[4]], 1))
    #expect(after.seen.map(\.body) == [[1, 2, 3]])
    #expect(after.seen[0].key == key)
  }

  @Test func fiveRetriesAndThenAReport() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    var times: [UInt64] = []
    server.onRequest = { [unowned pair] request, node in
      times.append(pair.now)
      node.refuse(request, code: StreamCode.busy, now: pair.now)
    }
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask(options: RequestOptions(isIdempotent: true), caller)
    #expect(pair.run(30_000) { caller.hasEnded })
    #expect(server.seen.count == 6)
    #expect(server.seen.allSatisfy { !$0.isRepeated && $0.key == server.seen[0].key })
    #expect(caller.failures.map(\.reason) == [.refused])
    #expect(caller.failures[0].code == StreamCode.busy)
    #expect(caller.failures[0].attempts == 6)
    let gaps = zip(times.dropFirst(), times).map { ($0 - $1) / 1_000_000 }
    for (gap, step) in zip(gaps, [100, 200, 400, 800, 1600] as [UInt64]) {
      #expect(gap >= step * 3 / 4 && gap <= step * 5 / 4 + 50, "\(gaps)")
    }
  }

  @Test func aPeerWithoutAPathIsTriedSixTimes() throws {
    let pair = CorePair(knowsAddress: false)
    let caller = Caller()
    _ = try pair.ask(options: RequestOptions(isIdempotent: true), caller)
    #expect(pair.run { caller.hasEnded })
    #expect(caller.failures.map(\.reason) == [.unreachable])
    #expect(caller.failures[0].attempts == 6)
    #expect(caller.failures[0].maybeExecuted == false)
  }

  @Test func aRequestThatIsNotIdempotentIsNeverRepeated() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    server.onRequest = { [unowned pair] request, node in node.refuse(request, code: StreamCode.busy, now: pair.now) }
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { caller.hasEnded })
    pair.run(3000)
    #expect(server.seen.count == 1)
    #expect(caller.failures[0].attempts == 1)
  }

  @Test func aFinishedRequestIsAnsweredFromTheWindow() throws {
    let pair = CorePair()
    let (first, second, server) = (Caller(), Caller(), Server())
    server.onRequest = answering(pair, [6, 7])
    try pair.b.serveRequests("/ask/1", with: server)
    for caller in [first, second] {
      _ = try pair.ask(options: RequestOptions(isIdempotent: true, idempotencyKey: key), caller)
      #expect(pair.run { caller.hasEnded })
      #expect((caller.replies, caller.finishedCount) == ([[6, 7]], 1))
    }
    #expect(server.seen.count == 1)
  }

  @Test func aRefusalIsRememberedToo() throws {
    let pair = CorePair()
    let server = Server()
    server.onRequest = { [unowned pair] request, node in node.refuse(request, code: 777, text: "no", now: pair.now) }
    try pair.b.serveRequests("/ask/1", with: server)
    for _ in 0..<2 {
      let caller = Caller()
      _ = try pair.ask(options: RequestOptions(isIdempotent: true, idempotencyKey: key), caller)
      #expect(pair.run { caller.hasEnded })
      #expect(caller.failures.map(\.code) == [777])
      #expect(caller.failures.map(\.text) == ["no"])
    }
    #expect(server.seen.count == 1)
  }

  @Test func aRepetitionOfARunningRequestWaitsForItsAnswer() throws {
    let pair = CorePair()
    let callers = [Caller(), Caller(), Caller()]
    let server = Server()
    try pair.b.serveRequests("/ask/1", with: server)
    for caller in callers {
      _ = try pair.ask(options: RequestOptions(isIdempotent: true, idempotencyKey: key), caller)
    }
    #expect(pair.run { !server.seen.isEmpty })
    pair.run(500)
    #expect(server.seen.count == 1)
    try pair.reply([3], to: server.seen[0].reference)
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { callers.allSatisfy(\.hasEnded) })
    for caller in callers { #expect((caller.replies, caller.finishedCount) == ([[3]], 1)) }
  }

  @Test func theWorkGoesOnWhenTheFirstCallerCancelsAndAnotherWaits() throws {
    let pair = CorePair()
    let (first, other, server) = (Caller(), Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    let options = RequestOptions(isIdempotent: true, idempotencyKey: key)
    let request = try pair.ask(options: options, first)
    _ = try pair.ask(options: options, other)
    #expect(pair.run { !server.seen.isEmpty })
    pair.run(100)
    pair.a.cancel(request, now: pair.now)
    pair.run(100)
    #expect(server.cancelled.isEmpty)
    try pair.reply([8], to: server.seen[0].reference)
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { other.hasEnded })
    #expect(other.replies == [[8]])
    #expect(first.failures.map(\.reason) == [.cancelled])
  }

  @Test func aCallerThatWasRestartedGetsTheAnswerOfItsFirstLife() throws {
    let pair = CorePair()
    let (before, after, server) = (Caller(), Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    let options = RequestOptions(isIdempotent: true, idempotencyKey: key)
    _ = try pair.ask(options: options, before)
    #expect(pair.run { !server.seen.isEmpty })
    pair.restart(0)
    _ = try pair.ask(options: options, after)
    #expect(pair.run { pair.b.peers[pair.id(0)]?.links.isEmpty == false })
    pair.run(1000)
    #expect(server.cancelled.isEmpty)
    #expect(server.seen.count == 1)
    try pair.reply([2], to: server.seen[0].reference)
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { after.hasEnded })
    #expect(after.replies == [[2]])
    #expect(server.seen.count == 1)
  }

  @Test func aLargeAnswerIsNotKeptAndItsRepetitionIsFlagged() throws {
    let pair = CorePair()
    let server = Server()
    server.onRequest = answering(pair, [UInt8](repeating: 1, count: 20_000))
    try pair.b.serveRequests("/ask/1", with: server)
    for _ in 0..<2 {
      let caller = Caller()
      _ = try pair.ask(options: RequestOptions(isIdempotent: true, idempotencyKey: key), caller)
      #expect(pair.run { caller.hasEnded })
      #expect(caller.finishedCount == 1)
    }
    #expect(server.seen.map(\.isRepeated) == [false, true])
  }

  @Test func theWindowForgetsTheOldestKeyFirst() throws {
    let pair = CorePair()
    let server = Server()
    server.onRequest = answering(pair, [1])
    try pair.b.serveRequests("/ask/1", with: server)
    func ask(_ number: Int) throws {
      let caller = Caller()
      let key = (0..<16).map { $0 < 2 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 }
      _ = try pair.ask(options: RequestOptions(isIdempotent: true, idempotencyKey: key), caller)
      #expect(pair.run { caller.finishedCount == 1 })
    }
    for number in 0..<257 { try ask(number) }
    #expect(server.seen.count == 257)
    try ask(1)
    #expect(server.seen.count == 257)
    try ask(0)
    #expect(server.seen.count == 258)
  }

  @Test func aKeyOfAnotherLengthIsRefused() throws {
    let pair = CorePair()
    #expect(throws: NodeError.invalidKey) {
      try pair.ask(options: RequestOptions(isIdempotent: true, idempotencyKey: [1]), Caller())
    }
    #expect(throws: NodeError.invalidKey) { try pair.ask(options: RequestOptions(idempotencyKey: key), Caller()) }
  }
}
