// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import Testing

/// Takes messages and datagrams of every stream that is opened.
private final class Inbox: StreamHandler, ProtocolServer {
  var messages: [[UInt8]] = []
  var datagrams: [[UInt8]] = []
  var streams = 0
  /// Streams whose first message has this first byte take nothing any more.
  var stuck: UInt8?

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    streams += 1
    return .accept(self)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() {
      messages.append(Array(message.body))
      if let stuck, message.body.first == stuck { return }
    }
  }

  override func received(datagram: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer) {
    datagrams.append(Array(datagram))
  }
}

@Suite struct UnorderedTests {
  private func send(_ pair: CorePair, _ body: [UInt8], _ options: MessageOptions?, handler: StreamHandler) throws {
    try body.withUnsafeBytes { bytes in
      Result { () throws(NodeError) in
        try pair.a.send(
          bytes, to: pair.id(1), protocol: "/m/1", options: options, handler: handler, now: pair.now)
      }
    }.get()
  }

  @Test func unorderedMessagesShareAFewStreamsAndAllArrive() throws {
    let pair = CorePair()
    let (inbox, handler) = (Inbox(), StreamHandler())
    try pair.b.serve("/m/1", with: inbox)
    for number in 0..<500 {
      let body = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number)
      try send(pair, body, MessageOptions(isOrdered: false), handler: handler)
    }
    #expect(pair.run { inbox.messages.count == 500 })
    #expect(inbox.streams == 8)
    #expect(Set(inbox.messages.map(\.count)).count == 500)
  }

  @Test func aMessageThatIsStuckDoesNotHoldUpTheOthers() throws {
    let pair = CorePair()
    let (inbox, handler) = (Inbox(), StreamHandler())
    inbox.stuck = 255
    try pair.b.serve("/m/1", with: inbox)
    // A large message keeps its stream busy; what follows goes around it.
    try send(pair, [255] + [UInt8](repeating: 0, count: 3_000_000), MessageOptions(isOrdered: false), handler: handler)
    for number in 0..<100 as Range<UInt8> {
      try send(pair, [number], MessageOptions(isOrdered: false), handler: handler)
    }
    #expect(pair.run { inbox.messages.count >= 100 })
    #expect(inbox.messages.prefix(100).allSatisfy { $0.count == 1 })
  }

  @Test func withoutFurtherStreamsUnorderedMessagesShareThoseThatThereAre() throws {
    var options = MultiplexerOptions()
    options.parameters.streams = 2
    let pair = CorePair(options: options)
    let (inbox, handler) = (Inbox(), StreamHandler())
    try pair.b.serve("/m/1", with: inbox)
    #expect(
      pair.run {
        pair.a.peers[pair.id(1)]?.links.isEmpty == false
          || {
            pair.a.want(pair.id(1), now: pair.now)
            return false
          }()
      })
    for _ in 0..<50 { try send(pair, [1, 2, 3], MessageOptions(isOrdered: false), handler: handler) }
    #expect(pair.run { inbox.messages.count == 50 })
    #expect(inbox.streams == 1)
  }

  @Test func datagramsGoThroughTheNodeAndOneTooLargeIsRefused() throws {
    let pair = CorePair()
    let inbox = Inbox()
    try pair.b.serve("/m/1", with: inbox)
    func send(_ body: [UInt8]) throws {
      try body.withUnsafeBytes { bytes in
        Result { () throws(NodeError) in
          try pair.a.send(datagram: bytes, to: pair.id(1), protocol: "/m/1", now: pair.now)
        }
      }.get()
    }
    try send([1])
    #expect(pair.run { inbox.datagrams.count == 1 })
    let limit = try #require(pair.a.peers[pair.id(1)]?.datagramLimit)
    try send([UInt8](repeating: 2, count: limit))
    #expect(throws: NodeError.refused(.tooLarge)) { try send([UInt8](repeating: 2, count: limit + 1)) }
    #expect(pair.run { inbox.datagrams.count == 2 })
    #expect(inbox.datagrams[1].count == limit)
  }

  @Test func aNodeTakesNoMoreSessionsThanItsLimit() throws {
    let pair = CorePair()
    pair.b.sessionLimit = 0
    let caller = Caller()
    _ = try pair.ask([1], options: RequestOptions(deadline: 5_000_000_000), caller)
    #expect(pair.run { caller.hasEnded })
    #expect(pair.b.endpoint.sessions.isEmpty)
    #expect(throws: NodeError.sessionLimit) {
      try [UInt8](repeating: 1, count: 1).withUnsafeBytes { bytes in
        Result { () throws(NodeError) in
          try pair.b.send(bytes, to: pair.id(0), protocol: "/m/1", now: pair.now)
        }
      }.get()
    }
    pair.b.sessionLimit = 1
    let again = Caller()
    _ = try pair.ask([1], options: RequestOptions(deadline: 600_000_000_000, waitsForPath: true), again)
    #expect(pair.run(700_000) { again.hasEnded })
    #expect(again.failures.map(\.reason) == [.noSuchProtocol])
  }
}
