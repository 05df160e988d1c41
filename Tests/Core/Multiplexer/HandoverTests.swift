// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshSession
import Testing

@Suite struct HandoverTests {
  private static let second: UInt64 = 1_000_000_000

  private func options(_ token: UInt64) -> MessageOptions {
    MessageOptions(lifetime: 3600 * Self.second, token: token, mayBeHandedOver: true)
  }

  @Test func whatHasNotLeftIsTakenBackAndOfTheRestACopyStays() throws {
    let pipe = Pipe()
    let stream = try pipe.a.open(.messages)
    try pipe.a.send([1], options: options(1), to: stream, now: pipe.now)
    let first = try #require(pipe.packet(of: pipe.a))
    try pipe.a.send([2], options: options(2), to: stream, now: pipe.now)
    try pipe.a.send([3], options: MessageOptions(lifetime: Self.second, token: 3), to: stream, now: pipe.now)
    let handed = pipe.a.handOver { _ in true }
    #expect(handed.map(\.token) == [1, 2])
    #expect(handed.map(\.message.body) == [[1], [2]])
    #expect(handed[0].place != nil && handed[1].place == nil)
    #expect(pipe.a.handOver { _ in true }.isEmpty)
    try pipe.deliver(first.bytes, to: pipe.b)
    pipe.run(rounds: 10)
    #expect(pipe.acceptorB.recorders.last?.messages == [[1], [3]])
  }

  @Test func aReaderTellsWhatItHasAndSkipsWhatCameAnotherWay() throws {
    let pipe = Pipe()
    pipe.acceptorB.byHand = true
    let stream = try pipe.a.open(.messages)
    for number in UInt8(1)...3 {
      try pipe.a.send([number], options: options(UInt64(number)), to: stream, now: pipe.now)
    }
    let packet = try #require(pipe.packet(of: pipe.a))
    pipe.acceptorB.appetite = 1
    let places = pipe.a.handOver { _ in true }.compactMap(\.place)
    #expect(places.count == 3)
    #expect(pipe.b.progress(of: places[0]) == .unread)
    #expect(pipe.b.skip(places[1]), "its stream is not open yet")
    try pipe.deliver(packet.bytes, to: pipe.b)
    let reader = pipe.acceptorB.recorders[0]
    #expect(reader.messages == [[1]])
    #expect(pipe.b.progress(of: places[0]) == .held)
    #expect(pipe.b.progress(of: places[2]) == .unread)
    pipe.b.release(2, of: pipe.acceptorB.references[0], now: pipe.now)
    reader.appetite = .max
    pipe.b.resume(pipe.acceptorB.references[0], now: pipe.now)
    #expect(reader.messages == [[1], [3]])
  }

  @Test(arguments: [.max, .max - 3, 1 << 63, 1 << 61] as [UInt64]) func aPlaceThatNoStreamReachesIsNeverRead(
    offset: UInt64
  )
    throws
  {
    let pipe = Pipe()
    pipe.acceptorB.appetite = 1
    let stream = try pipe.a.open(.messages)
    for number in UInt8(1)...3 {
      try pipe.a.send([number], options: options(UInt64(number)), to: stream, now: pipe.now)
    }
    let packet = try #require(pipe.packet(of: pipe.a))
    let place = MessagePlace(stream: 0, offset: offset)
    #expect(pipe.b.skip(place), "before its stream is open")
    try pipe.deliver(packet.bytes, to: pipe.b)
    #expect(pipe.b.progress(of: place) == .unread)
    #expect(pipe.b.skip(place), "while messages wait for their reader")
    let reader = pipe.acceptorB.recorders[0]
    reader.appetite = .max
    pipe.b.resume(pipe.acceptorB.references[0], now: pipe.now)
    #expect(reader.messages == [[1], [2], [3]])
  }

  /// A link dies at some moment, copies come before, between and behind what the session repeats, some of them twice;
  /// the reader releases at once or late. Each message is read once.
  @Test(arguments: 0..<60) func everyMessageIsReadOnceWhicheverWayItComesFirst(seed: UInt64) throws {
    var random = Seeded(seed)
    let pipe = Pipe(seed: seed)
    pipe.mtu = Int.random(in: 90...1300, using: &random)
    pipe.loss = Int.random(in: 0...40, using: &random)
    pipe.reorders = seed % 2 == 0
    let streams = [try pipe.a.open(.messages), try pipe.a.open(.messages, "/t/2")]
    for number in 0..<60 {
      var body = [UInt8](repeating: 7, count: Int.random(in: 1...400, using: &random))
      body[0] = UInt8(number)
      try pipe.a.send(body, options: options(UInt64(number)), to: streams[number % 2], now: pipe.now)
    }
    pipe.run(rounds: Int.random(in: 0...4, using: &random))
    var carried: [UInt8] = []
    var copies = pipe.a.handOver { _ in true }
    copies += copies.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    copies.shuffle(using: &random)
    var taken: Set<UInt64> = []
    var waiting = copies
    while !waiting.isEmpty {
      pipe.run(rounds: Int.random(in: 0...1, using: &random))
      let copy = waiting.removeLast()
      guard let place = copy.place else {
        if taken.insert(copy.token).inserted { carried.append(copy.message.body[0]) }
        continue
      }
      switch pipe.b.progress(of: place) {
      case .unread:
        guard taken.insert(copy.token).inserted else { continue }
        carried.append(copy.message.body[0])
        #expect(pipe.b.skip(place))
      case .held: waiting.insert(copy, at: 0)
      case .released: break
      }
    }
    pipe.loss = 0
    pipe.run()
    let read = pipe.acceptorB.recorders.flatMap(\.messages).map { $0[0] }
    #expect((read + carried).sorted() == (0..<60).map(UInt8.init), "seed \(seed)")
    #expect(pipe.violations.isEmpty)
  }

  @Test func aRestartedPeerDoesNotGetAgainWhatWasHandedOver() throws {
    let pipe = Pipe()
    let sender = Recorder()
    let stream = try pipe.a.open(.messages, handler: sender)
    for number in UInt8(1)...2 {
      try pipe.a.send([number], options: options(UInt64(number)), to: stream, now: pipe.now)
      _ = pipe.packet(of: pipe.a)
      if number == 1 { #expect(pipe.a.handOver { _ in true }.count == 1) }
    }
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    pipe.run(rounds: 20)
    #expect(sender.settledOutcomes[1] == .refused(StreamCode.peerRestarted))
    #expect(pipe.acceptorB.recorders.last?.messages == [[2]])
    #expect(sender.settledOutcomes[2] == .delivered)
  }

  /// Takes what may have been delivered.
  private final class Careful: StreamHandler {
    var uncertain: [UInt64] = []
    var settled: [UInt64: MessageOutcome] = [:]
    override var takesUncertain: Bool { true }
    override func uncertain(_ messages: [HandedMessage], of _: Multiplexer) { uncertain += messages.map(\.token) }
    override func settled(token: UInt64, _ outcome: MessageOutcome, on _: StreamReference, of _: Multiplexer) {
      settled[token] = outcome
    }
    override func settled(handed token: UInt64, _ outcome: MessageOutcome, on _: StreamReference, of _: Multiplexer) {}
  }

  @Test func whatAnEarlierLifeMayHaveDeliveredIsNotToldRefused() throws {
    let pipe = Pipe()
    let sender = Careful()
    let stream = try pipe.a.open(.messages, "none/1", handler: sender)
    try pipe.a.send([1], options: options(1), to: stream, now: pipe.now)
    #expect(pipe.packet(of: pipe.a) != nil)
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    try pipe.a.send([2], options: options(2), to: stream, now: pipe.now)
    var repetition = options(3)
    repetition.isRepetition = true
    try pipe.a.send([3], options: repetition, to: stream, now: pipe.now)
    pipe.run(rounds: 20)
    #expect(sender.uncertain == [1, 3])
    #expect(sender.settled == [2: .refused(StreamCode.noSuchProtocol)])
  }

  @Test func whatAStoppedReaderHadNotReleasedCountsAsUnread() throws {
    let pipe = Pipe()
    pipe.acceptorB.byHand = true
    let stream = try pipe.a.open(.messages)
    for number in UInt8(1)...2 {
      try pipe.a.send([number], options: options(UInt64(number)), to: stream, now: pipe.now)
    }
    let packet = try #require(pipe.packet(of: pipe.a))
    let places = pipe.a.handOver { _ in true }.compactMap(\.place)
    try pipe.deliver(packet.bytes, to: pipe.b)
    let size = Int(places[1].offset - places[0].offset)
    pipe.b.release(size, of: pipe.acceptorB.references[0], now: pipe.now)
    #expect(places.map { pipe.b.progress(of: $0) } == [.released, .held])
    pipe.b.stop(pipe.acceptorB.references[0], code: StreamCode.applicationEnded)
    pipe.run(rounds: 20)
    #expect(places.map { pipe.b.progress(of: $0) } == [.released, .unread])
    #expect(places.map { pipe.b.readingMarks.progress(of: $0) } == [.released, .unread])
  }
}
