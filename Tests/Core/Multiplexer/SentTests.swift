// SPDX-License-Identifier: Apache-2.0
import MeshSession
import Testing

@testable import MeshMultiplexer

/// Notes when messages are told as sent.
private final class SentRecorder: StreamHandler {
  var sent: [UInt64] = []
  var settled: [UInt64] = []
  /// What was told, in order.
  var story: [String] = []

  override func sent(token: UInt64, on stream: StreamReference, of multiplexer: Multiplexer) {
    sent.append(token)
    story.append("sent \(token)")
  }
  override func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    settled.append(token)
    story.append("settled \(token)")
  }
}

@Suite struct SentTests {
  @Test func aMessageIsSentWhenItsLastByteHasLeftAndNotBefore() throws {
    let pipe = Pipe()
    let recorder = SentRecorder()
    let stream = try pipe.a.open(.messages, handler: recorder)
    let options = MessageOptions(token: 1, reportsSent: true)
    try pipe.a.send([UInt8](repeating: 1, count: 2500), options: options, to: stream, now: pipe.now)
    try pipe.a.send([1], options: MessageOptions(token: 2), to: stream, now: pipe.now)
    for expected in [[], [], [1]] as [[UInt64]] {
      _ = pipe.packet(of: pipe.a)
      pipe.a.advance(now: pipe.now)
      #expect(recorder.sent == expected)
    }
    #expect(pipe.a.nextDeadline == .max)
  }

  @Test("Sent is told once, before the outcome, for those that asked", arguments: 0..<6 as Range<UInt64>)
  func order(seed: UInt64) throws {
    let pipe = Pipe(seed: seed)
    pipe.loss = 15
    pipe.reorders = true
    let recorder = SentRecorder()
    let stream = try pipe.a.open(.messages, handler: recorder)
    for token in 0..<200 as Range<UInt64> {
      let options = MessageOptions(token: token, reportsSent: token % 3 == 0)
      let body = [UInt8](repeating: 1, count: Int.random(in: 0...900, using: &pipe.random))
      try pipe.a.send(body, options: options, to: stream, now: pipe.now)
      if token % 10 == 0 { pipe.run(rounds: 1) }
    }
    pipe.run()
    #expect(recorder.sent == (0..<200).filter { $0 % 3 == 0 })
    #expect(recorder.settled == Array(0..<200))
    for token in recorder.sent {
      let (sent, settled) = (
        recorder.story.firstIndex(of: "sent \(token)"), recorder.story.firstIndex(of: "settled \(token)")
      )
      #expect(try #require(sent) < #require(settled))
    }
  }
}
