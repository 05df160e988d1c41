// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import Testing

@Suite struct ReplyFlowTests {
  private func smallWindows() -> MultiplexerOptions {
    var options = MultiplexerOptions()
    options.parameters.streamWindow = 20_000
    options.parameters.sessionWindow = 60_000
    options.sendBuffer = 20_000
    return options
  }

  /// Replies a thousand bytes at a time until it is told to wait.
  private func pour(_ pair: CorePair, _ request: ServedRequestReference, count: inout Int, upTo limit: Int) {
    while count < limit {
      do { try pair.reply([UInt8](repeating: UInt8(count % 251), count: 1000), to: request) } catch { return }
      count += 1
    }
  }

  @Test func aPausedRequestHoldsThePeerBackAndGoesOnWhereItWas() throws {
    let pair = CorePair(options: smallWindows())
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    let request = try pair.ask([1, 2, 3], caller)
    caller.onReply = { [unowned caller] request, node in if caller.replies.count == 3 { node.pause(request) } }
    #expect(pair.run { !server.seen.isEmpty })
    var count = 0
    for _ in 0..<500 {
      pour(pair, server.seen[0].reference, count: &count, upTo: 200)
      pair.step()
    }
    #expect(caller.replies.count == 3)
    #expect(count < 100)
    caller.onReply = { _, _ in }
    pair.a.resume(request, now: pair.now)
    #expect(caller.replies.count > 3)
    #expect(
      pair.run {
        pour(pair, server.seen[0].reference, count: &count, upTo: 200)
        return count == 200
      })
    #expect(server.writableCalls > 0)
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { caller.hasEnded })
    #expect(caller.replies.map { Int($0[0]) } == (0..<200).map { $0 % 251 })
  }

  @Test func repliesReleasedByHandHoldThePeerBackUntilTheyAreReleased() throws {
    let pair = CorePair(options: smallWindows())
    let (caller, server) = (Caller(), Server())
    try pair.b.serveRequests("/ask/1", with: server)
    let request = try pair.ask(options: RequestOptions(releasesByHand: true), caller)
    #expect(pair.run { !server.seen.isEmpty })
    var count = 0
    for _ in 0..<500 {
      pour(pair, server.seen[0].reference, count: &count, upTo: 100)
      pair.step()
    }
    #expect(caller.replies.count < 21)
    var released = 0
    #expect(
      pair.run {
        pour(pair, server.seen[0].reference, count: &count, upTo: 100)
        while released < caller.credits.count, caller.credits.count < 100 {
          pair.a.release(caller.credits[released], of: request, now: pair.now)
          released += 1
        }
        return caller.replies.count == 100
      })
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { caller.hasEnded })
    // What is held at the end is still owed, and can be given back.
    while released < caller.credits.count {
      pair.a.release(caller.credits[released], of: request, now: pair.now)
      released += 1
    }
    pair.run(100)
    // No credit of the session was lost: fifty more such requests pass.
    server.onRequest = { [unowned pair] request, node in
      for _ in 0..<10 {
        [UInt8](repeating: 1, count: 1000).withUnsafeBytes { _ = try? node.reply($0, to: request, now: pair.now) }
      }
      node.finish(request, now: pair.now)
    }
    for _ in 0..<50 {
      let caller = Caller()
      let request = try pair.ask(options: RequestOptions(releasesByHand: true), caller)
      #expect(pair.run { caller.hasEnded })
      #expect(caller.finishedCount == 1)
      for credit in caller.credits { pair.a.release(credit, of: request, now: pair.now) }
    }
  }

  @Test func aBodyHeldByTheServerCountsAgainstTheCaller() throws {
    var options = smallWindows()
    options.sendBuffer = 200_000
    let pair = CorePair(options: options)
    let server = Server()
    try pair.b.serveRequests("/ask/1", with: server, releasesByHand: true)
    let callers = (0..<8).map { _ in Caller() }
    // One after the other: the beginnings of several would be lent credit until one of them is whole.
    for caller in callers {
      _ = try pair.ask([UInt8](repeating: 1, count: 10_000), caller)
      pair.run(300)
    }
    #expect(server.seen.count == 5)
    var done = 0
    #expect(
      pair.run {
        while done < server.seen.count {
          let request = server.seen[done].reference
          pair.b.finish(request, now: pair.now)
          pair.b.releaseBody(of: request, now: pair.now)
          done += 1
        }
        return callers.allSatisfy(\.hasEnded)
      })
    #expect(callers.allSatisfy { $0.finishedCount == 1 })
  }

  @Test func aServerThatWaitsForRoomGoesOnWhenItsCallerIsRestarted() throws {
    var options = smallWindows()
    options.sendBuffer = 4_000
    let pair = CorePair(options: options)
    let server = Server()
    try pair.b.serveRequests("/ask/1", with: server)
    let request = RequestOptions(isIdempotent: true, idempotencyKey: [UInt8](1...16))
    _ = try pair.ask(options: request, Caller())
    #expect(pair.run { !server.seen.isEmpty })
    var count = 0
    pour(pair, server.seen[0].reference, count: &count, upTo: 10)
    #expect(count == 3 && server.writableCalls == 0)
    pair.restart(0)
    let caller = Caller()
    _ = try pair.ask(options: request, caller)
    // The full queue went with the caller's life; the one that asks again waits for the answer.
    #expect(pair.run { server.writableCalls == 1 })
    pour(pair, server.seen[0].reference, count: &count, upTo: 10)
    #expect(count == 10 && server.seen.count == 1)
    pair.b.finish(server.seen[0].reference, now: pair.now)
    #expect(pair.run { caller.hasEnded })
  }
}
