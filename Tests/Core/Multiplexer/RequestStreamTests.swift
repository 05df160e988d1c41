// SPDX-License-Identifier: Apache-2.0
import MeshSession
import Testing

@testable import MeshMultiplexer

@Suite struct RequestStreamTests {
  @Test func aRequestWhoseStopOvertookItIsNotHandedOut() throws {
    let pipe = Pipe()
    pipe.mtu = 140
    let stream = try pipe.a.open(.request, "/" + String(repeating: "x", count: 120))
    try pipe.a.send([1, 2, 3], to: stream, now: pipe.now)
    pipe.a.finish(stream)
    let first = try #require(pipe.packet(of: pipe.a))
    try pipe.deliver(first.bytes, to: pipe.b)
    #expect(pipe.acceptorB.preambles.isEmpty)
    var rest: [Pipe.Packet] = []
    while let packet = pipe.packet(of: pipe.a) { rest.append(packet) }
    pipe.a.stop(stream, code: StreamCode.cancelled)
    let stop = try #require(pipe.packet(of: pipe.a))
    for packet in [stop] + rest { try pipe.deliver(packet.bytes, to: pipe.b) }
    for packet in [first, stop] + rest { for record in packet.records { pipe.a.acknowledged(record, now: pipe.now) } }
    pipe.run()
    #expect(pipe.acceptorB.preambles.isEmpty)
    #expect(pipe.a.openStreams == 0 && pipe.b.openStreams == 0)
  }

  @Test func whatIsHeldByHandDoesNotBorrowCreditForLargeMessages() throws {
    var options = MultiplexerOptions()
    options.parameters.streamWindow = 20_000
    options.parameters.sessionWindow = 60_000
    let pipe = Pipe(options: options)
    pipe.acceptorB.byHand = true
    let stream = try pipe.a.open(.messages)
    for _ in 0..<100 { try pipe.a.send([UInt8](repeating: 1, count: 1500), to: stream, now: pipe.now) }
    pipe.run(rounds: 200)
    #expect(pipe.acceptorB.recorders[0].messages.count <= 13)
    for _ in 0..<200 where pipe.acceptorB.recorders[0].messages.count < 100 {
      pipe.b.release(5000, of: pipe.acceptorB.references[0], now: pipe.now)
      pipe.run(rounds: 20)
    }
    #expect(pipe.acceptorB.recorders[0].messages.count == 100)
    #expect(pipe.violations.isEmpty)
  }

  @Test func aSessionThatEndsTellsEveryStreamAndSettlesEveryMessage() throws {
    let pipe = Pipe()
    let (asked, told) = (Recorder(), Recorder())
    _ = try pipe.a.open(.request, handler: asked)
    let messages = try pipe.a.open(.messages, handler: told)
    try pipe.a.send([1], options: MessageOptions(token: 4), to: messages, now: pipe.now)
    pipe.a.close()
    #expect(asked.endedCodes == [StreamCode.sessionEnded])
    #expect(told.settledOutcomes == [4: .refused(StreamCode.sessionEnded)])
    #expect(throws: SendRefusal.closed) { try pipe.a.open(.bytes) }
    #expect(pipe.a.openStreams == 0)
  }

  @Test func aRefusalIsTheLastRecordAndItsTextIsCut() throws {
    let text = [UInt8](repeating: 0x61, count: 300)
    let pipe = Pipe()
    let stream = try pipe.a.open(.request)
    text.withUnsafeBytes { pipe.a.send(refusal: 1 << 40, text: $0, to: stream) }
    let bytes = try #require(pipe.packet(of: pipe.a)).bytes
    // Behind frame header and preamble: options, refusal, code, text.
    let start = try #require(bytes.indices.first { bytes[$0] == 1 && bytes.count > $0 + 3 && bytes[$0 + 2] == 3 })
    bytes[start...].withUnsafeBytes { raw in
      var run = MessageRun(raw, limit: 100)
      let refusal = run.next()?.refusal
      #expect((refusal?.code ?? 0) == 1 << 40)
      #expect(refusal?.text.count == MessageRefusal.textLimit)
      #expect(run.violation == nil)
    }
    var short = MessageRun(UnsafeRawBufferPointer(start: nil, count: 0), limit: 100)
    #expect(short.next() == nil)
    for broken in [[1, 9, 3, 7, 0, 0, 0, 0, 0, 0, 0], [1, 3, 3, 1, 0]] as [[UInt8]] {
      broken.withUnsafeBytes { raw in
        var run = MessageRun(raw, limit: 100)
        #expect(run.next() == nil)
        #expect(run.violation != nil)
      }
    }
  }
}
