// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import Testing

@Suite struct RequestTests {
  let second: UInt64 = 1_000_000_000

  @Test func aRequestIsAnsweredByManyRepliesAndAnEnd() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([9, 8, 7], metadata: [4, 5], caller)
    #expect(pair.run { !server.seen.isEmpty })
    #expect(server.seen[0].body == [9, 8, 7])
    #expect(server.seen[0].metadata == [4, 5])
    #expect(server.seen[0].remaining == nil)
    #expect(server.seen[0].key == nil)
    for number in 0..<20 as Range<UInt8> { try pair.reply([number], to: server.seen[0].reference) }
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { caller.hasEnded })
    #expect(caller.replies == (0..<20).map { [$0] })
    pair.run(500)
    #expect((caller.finishedCount, caller.failures.count) == (1, 0))
    #expect(server.cancelled.isEmpty)
    #expect(throws: SendRefusal.closed) { try pair.reply([1], to: server.seen[0].reference) }
  }

  @Test func manyRequestsOneAfterTheOtherUseNoStreamsUp() throws {
    let pair = CorePair()
    let server = Server()
    server.onRequest = { [unowned pair] request, node in
      [7].withUnsafeBytes { _ = try? node.reply($0, to: request, now: pair.now) }
      node.finish(request, now: pair.now)
    }
    try pair.b.serveRequests("/ask/1", with: server)
    for round in 0..<3000 {
      let caller = Caller()
      _ = try pair.ask([1, 2, 3], caller)
      #expect(pair.run { caller.hasEnded })
      guard caller.finishedCount == 1 else {
        Issue.record("request \(round) failed: \(caller.failures)")
        return
      }
    }
  }

  @Test func aProtocolThatNobodyServesIsAnsweredAtOnce() throws {
    let pair = CorePair()
    let caller = Caller()
    let began = pair.now
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { caller.hasEnded })
    try #require(caller.failures.map(\.reason) == [.noSuchProtocol])
    #expect(caller.failures[0].maybeExecuted == false)
    #expect(pair.now < began + second)
  }

  @Test func aPeerThatMayNotUseTheProtocolIsToldSo() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    server.isOpen = false
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { caller.hasEnded })
    try #require(caller.failures.map(\.reason) == [.notAllowed])
    #expect(server.seen.isEmpty)
  }

  @Test func aRefusalBringsItsCodeAndTextBehindTheRepliesBeforeIt() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    server.onRequest = { [unowned pair] request, node in
      [1, 2].withUnsafeBytes { _ = try? node.reply($0, to: request, now: pair.now) }
      node.refuse(request, code: 300, text: String(repeating: "ü", count: 150), now: pair.now)
    }
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { caller.hasEnded })
    #expect(caller.replies.count == 1)
    try #require(caller.failures.map(\.reason) == [.refused])
    #expect(caller.failures[0].code == 300)
    #expect(caller.failures[0].text == String(repeating: "ü", count: 100))
  }

  @Test func theDeadlineEndsARequestOnBothSides() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    let began = pair.now
    _ = try pair.ask(options: RequestOptions(deadline: 2 * second), caller)
    #expect(pair.run { !server.seen.isEmpty })
    let remaining = try #require(server.seen[0].remaining)
    #expect(remaining <= 2 * second && remaining > second)
    #expect(pair.run { caller.hasEnded && !server.cancelled.isEmpty })
    try #require(caller.failures.map(\.reason) == [.deadline])
    #expect(caller.failures[0].maybeExecuted)
    #expect(pair.now >= began + 2 * second && pair.now < began + 3 * second)
    #expect(server.cancelled.map(\.1) == [.deadline])
  }

  @Test func theServerHearsOfTheDeadlineAlsoWhenTheCallerIsCutOff() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask(options: RequestOptions(deadline: 2 * second), caller)
    #expect(pair.run { !server.seen.isEmpty })
    pair.refuses = true
    pair.cutLinks()
    #expect(pair.run { caller.hasEnded && !server.cancelled.isEmpty })
    try #require(caller.failures.map(\.reason) == [.deadline])
    #expect(server.cancelled.map(\.1) == [.deadline])
  }

  @Test func whatIsLeftOfTheDeadlineIsMeasuredWhenTheRequestLeaves() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    pair.refuses = true
    _ = try pair.ask(options: RequestOptions(deadline: 60 * second, waitsForPath: true), caller)
    pair.run(5000)
    #expect(!caller.hasEnded)
    pair.refuses = false
    #expect(pair.run(40_000) { !server.seen.isEmpty })
    #expect(try #require(server.seen[0].remaining) < 55 * second)
  }

  @Test func cancellingEndsItAtOnceAndTellsTheServer() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    let request = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { !server.seen.isEmpty })
    pair.a.cancel(request, now: pair.now)
    try #require(caller.failures.map(\.reason) == [.cancelled])
    pair.a.cancel(request, now: pair.now)
    #expect(pair.run { !server.cancelled.isEmpty })
    #expect(server.cancelled.map(\.1) == [.cancelled])
    pair.run(200)
    #expect(caller.ends == 1)
  }

  @Test func aRequestCancelledBeforeItLeftCostsNoStream() throws {
    var options = MultiplexerOptions()
    options.parameters.streams = 8
    let pair = CorePair(options: options)
    let server = Server()
    server.onRequest = { [unowned pair] request, node in node.finish(request, now: pair.now) }
    try pair.b.serveRequests("/ask/1", with: server)
    for _ in 0..<30 {
      let caller = Caller()
      let request = try pair.ask([1, 2, 3], caller)
      pair.a.cancel(request, now: pair.now)
      try #require(caller.failures.map(\.reason) == [.cancelled])
    }
    pair.run(2000)
    for _ in 0..<8 {
      let caller = Caller()
      _ = try pair.ask([1, 2, 3], caller)
      #expect(pair.run { caller.finishedCount == 1 })
    }
  }

  @Test func aReplyBeyondTheLimitEndsTheRequest() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    server.onRequest = { [unowned pair] request, node in
      [UInt8](repeating: 1, count: 101).withUnsafeBytes { _ = try? node.reply($0, to: request, now: pair.now) }
    }
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask(options: RequestOptions(replyLimit: 100), caller)
    #expect(pair.run { caller.hasEnded && !server.cancelled.isEmpty })
    try #require(caller.failures.map(\.reason) == [.replyTooLarge])
    #expect(caller.replies.isEmpty)
  }

  @Test func anUnreachablePeerIsReportedAtOnceUnlessTheCallerWaits() throws {
    let pair = CorePair(knowsAddress: false)
    let (hasty, patient) = (Caller(), Caller())
    _ = try pair.ask([1, 2, 3], hasty)
    _ = try pair.ask(options: RequestOptions(deadline: second, waitsForPath: true), patient)
    #expect(!hasty.hasEnded)
    pair.run(3)
    #expect(hasty.failures.map(\.reason) == [.unreachable])
    #expect(hasty.failures[0].maybeExecuted == false)
    #expect(!patient.hasEnded)
    pair.run(1500)
    #expect(patient.failures.map(\.reason) == [.deadline])
    #expect(patient.failures[0].maybeExecuted == false)
  }

  @Test func aRestartOfThePeerIsReportedAndNothingIsMadeTwice() throws {
    let pair = CorePair()
    let (caller, before, after) = (Caller(), Server(), Server())
    try pair.b.serveRequests("/ask/1", with: before)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { !before.seen.isEmpty })
    pair.restart(1)
    try pair.b.serveRequests("/ask/1", with: after)
    #expect(pair.run { caller.hasEnded })
    try #require(caller.failures.map(\.reason) == [.peerRestarted])
    #expect(caller.failures[0].maybeExecuted)
    pair.run(3000)
    #expect(after.seen.isEmpty)
  }

  @Test func aLinkThatDiesIsNotNoticed() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { !server.seen.isEmpty })
    pair.cutLinks()
    try pair.reply([5], to: server.seen[0].reference)
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { caller.hasEnded })
    #expect((caller.replies, caller.finishedCount) == ([[5]], 1))
  }

  @Test func aPeerThatStaysAwayIsReportedAfterTheGrace() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { !server.seen.isEmpty })
    pair.refuses = true
    pair.cutLinks()
    pair.run(9000)
    #expect(!caller.hasEnded)
    #expect(pair.run(4000) { caller.hasEnded })
    try #require(caller.failures.map(\.reason) == [.unreachable])
    #expect(caller.failures[0].maybeExecuted)
  }

  @Test func removingThePeerEndsEveryRequest() throws {
    let pair = CorePair()
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    _ = try pair.ask([1, 2, 3], caller)
    #expect(pair.run { !server.seen.isEmpty })
    pair.b.removePeer(pair.id(0), now: pair.now)
    #expect(server.cancelled.map(\.1) == [.peerGone])
    pair.a.removePeer(pair.id(1), now: pair.now)
    try #require(caller.failures.map(\.reason) == [.unreachable])
  }
}
