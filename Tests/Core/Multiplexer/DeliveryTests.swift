// SPDX-License-Identifier: Apache-2.0
import MeshWire
import Testing

@testable import MeshMultiplexer
@testable import MeshSession

@Suite struct DeliveryTests {
  @Test("Bytes, messages and requests arrive whole, once and in order under loss", arguments: 0..<12 as Range<UInt64>)
  func everything(seed: UInt64) throws {
    let pipe = Pipe(seed: seed)
    pipe.loss = 10
    pipe.reorders = true
    let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let messages = (0..<60).map { [UInt8](repeating: UInt8($0), count: $0 * $0) }
    let (stream, queue) = (try pipe.a.open(.bytes), try pipe.a.open(.messages, "/m/1", .interactive))
    let answer = Recorder()
    let request = try pipe.a.open(.request, "/r/1", .realtime, handler: answer)
    #expect(try pipe.a.write(bytes, to: stream) == bytes.count)
    for message in messages { try pipe.a.send(message, to: queue, now: pipe.now) }
    try pipe.a.send([1, 2, 3], to: request, now: pipe.now)
    for reference in [stream, queue, request] { pipe.a.finish(reference) }
    pipe.run()
    #expect(pipe.violations.isEmpty)
    for (place, preamble) in pipe.acceptorB.preambles.enumerated() {
      let recorder = pipe.acceptorB.recorders[place]
      #expect(recorder.endedCodes == [nil], "\(preamble.kind)")
      switch preamble.kind {
      case .bytes:
        #expect(recorder.bytes == bytes)
        pipe.b.finish(pipe.acceptorB.references[place])
      case .messages: #expect(recorder.messages == messages)
      case .request:
        #expect(recorder.messages == [[1, 2, 3]])
        try pipe.b.send([9], to: pipe.acceptorB.references[place], now: pipe.now)
        pipe.b.finish(pipe.acceptorB.references[place])
      }
    }
    pipe.run()
    #expect(pipe.acceptorB.preambles.count == 3)
    #expect(answer.messages == [[9]])
    #expect(pipe.a.openStreams == 0 && pipe.b.openStreams == 0)
    #expect(pipe.a.bufferedBytes < 16 << 10 && pipe.b.bufferedBytes < 512 << 10)
  }

  @Test("A message stream that is finished after all was released is forgotten on both sides")
  func lateFinish() throws {
    let pipe = Pipe()
    for _ in 0..<1500 {
      let stream = try pipe.a.open(.messages)
      try pipe.a.send([1], to: stream, now: pipe.now)
      pipe.run()
      pipe.a.finish(stream)
      pipe.run()
    }
    #expect(pipe.a.openStreams == 0 && pipe.b.openStreams == 0)
    #expect(pipe.a.streams.count <= 2)
  }

  @Test("Datagrams arrive at most once and never damaged", arguments: 0..<6 as Range<UInt64>)
  func datagrams(seed: UInt64) throws {
    let pipe = Pipe(seed: seed)
    pipe.reorders = true
    let stream = try pipe.a.open(.messages)
    pipe.run()
    pipe.loss = 20
    for number in 0..<200 {
      let body = [UInt8](repeating: UInt8(number), count: number + 1)
      try body.withUnsafeBytes { bytes in try pipe.a.send(datagram: bytes, to: stream) }
      if number % 10 == 9 { pipe.run(rounds: 1) }
    }
    pipe.run()
    let arrived = pipe.acceptorB.recorders[0].datagrams
    #expect(arrived.allSatisfy { body in body.count == Int(body[0]) + 1 && body.allSatisfy { $0 == body[0] } })
    #expect(Set(arrived.map { $0[0] }).count == arrived.count)
    #expect(arrived.count > 50)
  }

  @Test("A protocol that nobody serves is refused with the code for it")
  func refused() throws {
    let pipe = Pipe()
    let recorder = Recorder()
    let stream = try pipe.a.open(.request, "none", handler: recorder)
    try pipe.a.send([1], to: stream, now: pipe.now)
    pipe.run()
    #expect(recorder.stoppedCodes + recorder.endedCodes.compactMap { $0 } == [1, 1])
    #expect(pipe.a.openStreams == 0 && pipe.b.openStreams == 0)
  }

  @Test("Bytes in flight to a refused stream do not cost the session's credit", arguments: 0..<4 as Range<UInt64>)
  func creditOfRefused(seed: UInt64) throws {
    let pipe = Pipe(seed: seed)
    pipe.loss = 20
    pipe.reorders = true
    for _ in 0..<40 {
      let stream = try pipe.a.open(.bytes, "none")
      _ = try pipe.a.write([UInt8](repeating: 1, count: 40_000), to: stream)
      pipe.run()
    }
    #expect(pipe.violations.isEmpty)
    #expect(pipe.a.openStreams == 0 && pipe.b.openStreams == 0)
    #expect(pipe.a.sessionSent == pipe.b.sessionReceived)
    #expect(pipe.b.sessionReceived == pipe.b.sessionReleased)
  }

  @Test("An end that was lost is sent again, even when its bytes arrived in another packet")
  func lostEnd() throws {
    let pipe = Pipe()
    pipe.mtu = 100
    let stream = try pipe.a.open(.bytes)
    pipe.run()
    _ = try pipe.a.write([UInt8](repeating: 7, count: 60), to: stream)
    let first = try #require(pipe.packet(of: pipe.a))
    _ = try pipe.a.write([UInt8](repeating: 8, count: 60), to: stream)
    let second = try #require(pipe.packet(of: pipe.a))
    for record in first.records + second.records { pipe.a.lost(record, now: pipe.now) }
    pipe.a.finish(stream)
    pipe.mtu = 1200
    let third = try #require(pipe.packet(of: pipe.a))
    // The second packet did arrive, late; the third, with the end, did not.
    try pipe.deliver(second.bytes, to: pipe.b)
    for record in second.records { pipe.a.acknowledged(record, now: pipe.now) }
    for record in third.records { pipe.a.lost(record, now: pipe.now) }
    pipe.run()
    #expect(pipe.acceptorB.recorders[0].bytes.count == 120)
    #expect(pipe.acceptorB.recorders[0].endedCodes == [nil])
  }

  @Test("Messages larger than the window get through, several at once", arguments: 0..<4 as Range<UInt64>)
  func large(seed: UInt64) throws {
    var options = MultiplexerOptions()
    options.parameters.streamWindow = 8 << 10
    options.parameters.sessionWindow = 20 << 10
    let pipe = Pipe(seed: seed, options: options)
    pipe.loss = 5
    pipe.reorders = true
    for number in 0..<5 {
      let stream = try pipe.a.open(.messages)
      for _ in 0..<3 { try pipe.a.send([UInt8](repeating: UInt8(number), count: 50_000), to: stream, now: pipe.now) }
    }
    pipe.run()
    #expect(pipe.violations.isEmpty)
    #expect(pipe.acceptorB.recorders.map(\.messages.count) == [3, 3, 3, 3, 3])
  }

  @Test("A reader that pauses stops the sender at the window and goes on where it was")
  func paused() throws {
    var options = MultiplexerOptions()
    options.parameters.streamWindow = 10_000
    let pipe = Pipe(options: options)
    pipe.acceptorB.appetite = 100
    let stream = try pipe.a.open(.bytes)
    let bytes = (0..<30_000).map { UInt8(truncatingIfNeeded: $0) }
    _ = try pipe.a.write(bytes, to: stream)
    pipe.run()
    let reader = pipe.acceptorB.recorders[0]
    #expect(reader.bytes.count == 100)
    #expect(pipe.a.streams[0].sent <= 10_000 + 200)
    reader.appetite = .max
    pipe.b.resume(pipe.acceptorB.references[0], now: pipe.now)
    pipe.run()
    #expect(reader.bytes == bytes)
    #expect(pipe.violations.isEmpty)
  }

  @Test("A message counts as delivered only when its reader has released it")
  func deliveredAfterRelease() throws {
    let pipe = Pipe()
    pipe.acceptorB.byHand = true
    let recorder = Recorder()
    let stream = try pipe.a.open(.messages, handler: recorder)
    try pipe.a.send([1, 2, 3], options: MessageOptions(token: 5), to: stream, now: pipe.now)
    pipe.run()
    #expect(pipe.acceptorB.recorders[0].messages == [[1, 2, 3]])
    #expect(recorder.settledOutcomes.isEmpty)
    pipe.b.release(100, of: pipe.acceptorB.references[0], now: pipe.now)
    pipe.run()
    #expect(recorder.settledOutcomes == [5: .delivered])
  }

  @Test("An expired message was maybe delivered if it was sent, and certainly not if it was not")
  func expiry() throws {
    for sent in [false, true] {
      let pipe = Pipe()
      let recorder = Recorder()
      let stream = try pipe.a.open(.messages, handler: recorder)
      pipe.run()
      try pipe.a.send([1], options: MessageOptions(lifetime: 1000, token: 1), to: stream, now: pipe.now)
      let packet = sent ? pipe.packet(of: pipe.a) : nil
      pipe.now += 2000
      pipe.a.advance(now: pipe.now)
      #expect(recorder.settledOutcomes == [1: .expired(maybeDelivered: sent)])
      for record in packet?.records ?? [] { pipe.a.lost(record, now: pipe.now) }
      try pipe.a.send([2], to: stream, now: pipe.now)
      pipe.run()
      #expect(pipe.acceptorB.recorders[0].messages == (sent ? [[1], [2]] : [[2]]))
    }
  }

  @Test("Who resets its stream while it hears of expired messages does no harm")
  func resetDuringExpiry() throws {
    let pipe = Pipe()
    let recorder = Recorder()
    recorder.onSettled = { stream, multiplexer in multiplexer.reset(stream, code: 0) }
    let stream = try pipe.a.open(.messages, handler: recorder)
    for token in 0..<5 {
      try pipe.a.send([1], options: MessageOptions(lifetime: 1000, token: UInt64(token)), to: stream, now: pipe.now)
    }
    pipe.now += 2000
    pipe.a.advance(now: pipe.now)
    #expect(recorder.settledOutcomes.count == 5)
  }

  @Test("Classes share by their weights within a tenth, and control goes first")
  func shares() throws {
    let pipe = Pipe()
    var references: [TrafficClass: StreamReference] = [:]
    for trafficClass in TrafficClass.allCases where trafficClass != .control {
      references[trafficClass] = try pipe.a.open(.bytes, "/s/1", trafficClass)
    }
    var sums: [TrafficClass: Int] = [:]
    for _ in 0..<30_000 {
      for (_, reference) in references { _ = try pipe.a.write([UInt8](repeating: 0, count: 1200), to: reference) }
      let trafficClass = try #require(pipe.a.nextClass(among: .all))
      var list = FrameRecordList()
      var space = [UInt8](repeating: 0, count: 1200)
      let count = space.withUnsafeMutableBytes {
        pipe.a.fill($0, of: trafficClass, records: &list, now: pipe.now)
      }
      sums[trafficClass, default: 0] += count
      for index in 0..<list.count {
        pipe.a.acknowledged(list[index], now: pipe.now)
        let stream = pipe.a.streams[Int(list[index].slot)]
        stream.peerReleased = stream.sent
      }
      pipe.a.sessionPeerReleased = pipe.a.sessionSent
    }
    let total = Double(sums.values.reduce(0, +))
    let weights: [TrafficClass: Double] = [.realtime: 16, .interactive: 16, .normal: 8, .bulk: 2, .background: 1]
    for (trafficClass, weight) in weights {
      let share = Double(sums[trafficClass, default: 0]) / total * 43
      #expect(abs(share - weight) <= weight / 10, "\(trafficClass): \(share) of \(weight)")
    }
    _ = try pipe.a.open(.bytes, "/c/1", .control)
    #expect(pipe.a.nextClass(among: .all) == .control)
  }

  @Test("A slot that was given up while it waited serves its next stream in that one's class")
  func classOfReusedSlot() throws {
    let pipe = Pipe()
    let first = try pipe.a.open(.messages, "/x/1", .background)
    pipe.run()
    try pipe.a.send([1], to: first, now: pipe.now)
    pipe.a.reset(first, code: 0)
    let packet = try #require(pipe.packet(of: pipe.a, classes: ClassSet(.control)))
    for record in packet.records { pipe.a.acknowledged(record, now: pipe.now) }
    let second = try pipe.a.open(.messages, "/x/1", .interactive)
    #expect(second.slot == first.slot && second.generation != first.generation)
    #expect(pipe.a.pendingClasses.contains(ClassSet(.interactive)))
    try pipe.a.send([1], to: first, now: pipe.now, expecting: .closed)
  }

  @Test("After a restart of the peer unreleased messages come again in order and byte streams are cut off")
  func restart() throws {
    let pipe = Pipe()
    pipe.acceptorB.appetite = 3
    let (cut, recorder) = (Recorder(), Recorder())
    let stream = try pipe.a.open(.bytes, handler: cut)
    let queue = try pipe.a.open(.messages, handler: recorder)
    _ = try pipe.a.write([1], to: stream)
    for number in 0..<10 {
      try pipe.a.send([UInt8(number)], options: MessageOptions(token: UInt64(number)), to: queue, now: pipe.now)
    }
    pipe.run()
    let again = Pipe()
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    for _ in 0..<10 {
      while let packet = pipe.packet(of: pipe.a) {
        try again.deliver(packet.bytes, to: again.b)
        for record in packet.records { pipe.a.acknowledged(record, now: pipe.now) }
      }
      again.now += 10_000_000
      again.b.advance(now: again.now)
      while let packet = again.packet(of: again.b) {
        try pipe.deliver(packet.bytes, to: pipe.a)
        for record in packet.records { again.b.acknowledged(record, now: again.now) }
      }
    }
    #expect(cut.endedCodes == [StreamCode.peerRestarted])
    #expect(again.acceptorB.recorders.map(\.messages) == [(3..<10).map { [UInt8($0)] }])
    #expect(recorder.settledOutcomes.count == 10)
  }
}

extension Multiplexer {
  func send(_ body: [UInt8], to stream: StreamReference, now: UInt64, expecting refusal: SendRefusal) throws {
    #expect(throws: refusal) { try self.send(body, to: stream, now: now) }
  }
}
