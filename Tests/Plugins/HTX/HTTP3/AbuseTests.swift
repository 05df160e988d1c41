// SPDX-License-Identifier: Apache-2.0
import CHTTP3
import CQUIC
import HTXHTTP3
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

/// A client that writes what it likes on the streams of QUIC.
private final class RawClient: ConnectionHandler {
  private var queue: [(stream: Int64, bytes: UnsafeMutableBufferPointer<UInt8>, isFinal: Bool)] = []
  private var next = 0
  private var offset = 0
  private(set) var isConnected = false
  var onReceived: (Connection, Int64) -> Void = { _, _ in }
  private(set) var reason: CloseReason?
  private(set) var closedStreams: [Int64: UInt64?] = [:]

  deinit { for item in queue { item.bytes.deallocate() } }

  func send(_ bytes: [UInt8], on stream: Int64, of connection: Connection, isFinal: Bool = false) {
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
    _ = memory.initialize(from: bytes)
    queue.append((stream, UnsafeMutableBufferPointer(rebasing: memory[..<bytes.count]), isFinal))
    connection.wake()
  }

  override func connected(_ connection: Connection) { isConnected = true }
  override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    connection.consumed(stream: stream, count: bytes.count)
    onReceived(connection, stream)
  }
  override func closed(_ connection: Connection, stream: Int64, error: UInt64?) { closedStreams[stream] = error }
  override func ended(_ connection: Connection, _ reason: CloseReason) { self.reason = reason }
  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard next < queue.count else { return false }
    let item = queue[next]
    out.pointee.stream = item.stream
    out.pointee.vectors.0 = cquic_vector(
      bytes: item.bytes.baseAddress.map { $0 + offset }, length: item.bytes.count - offset)
    out.pointee.count = 1
    out.pointee.fin = item.isFinal ? 1 : 0
    return true
  }
  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    offset += Int(count)
    guard offset == queue[next].bytes.count else { return }
    next += 1
    offset = 0
  }
  override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    next += 1
    offset = 0
  }
}

@Suite struct AbuseTests {
  private func raw(_ pair: WebPair) throws -> (RawClient, Connection) {
    let client = RawClient()
    let connection = try pair.dial(client)
    #expect(pair.network.run { client.isConnected && pair.site.isOpen })
    return (client, connection)
  }

  /// What a client may not put on its control stream (type 0), and the error it gets (RFC 9114, 7.2 and 8.1).
  struct OutOfPlace: Sendable {
    let bytes: [UInt8]
    let error: UInt64

    static let all = [
      OutOfPlace(bytes: [0x00, 0x00, 0x01, 0x00], error: 0x10A),
      OutOfPlace(bytes: [0x00, 0x04, 0x00, 0x04, 0x00], error: 0x105),
      OutOfPlace(bytes: [0x00, 0x04, 0x02, 0x04, 0x00], error: 0x109),
      OutOfPlace(bytes: [0x00, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00], error: 0x105),
    ]
  }

  @Test(arguments: OutOfPlace.all)
  func framesOutOfPlaceEndTheConnectionWithTheirError(frames: OutOfPlace) throws {
    let pair = try WebPair()
    let (client, connection) = try raw(pair)
    let control = try #require(connection.openStream(isBidirectional: false))
    client.send(frames.bytes, on: control, of: connection)
    #expect(pair.network.run { client.reason != nil })
    #expect(client.reason?.kind == .application(code: frames.error))
    #expect(client.reason?.isByPeer == true)
  }

  @Test func closingTheControlStreamEndsTheConnection() throws {
    let pair = try WebPair()
    let (client, connection) = try raw(pair)
    let control = try #require(connection.openStream(isBidirectional: false))
    client.send([0x00, 0x04, 0x00], on: control, of: connection, isFinal: true)
    #expect(pair.network.run { client.reason != nil })
    #expect(client.reason?.kind == .application(code: 0x104))
  }

  @Test func `A client that stops the control stream before it has the settings ends its connection`() throws {
    var options = EndpointOptions()
    options.streamWindow = 1
    var limits = HTTP3Limits()
    limits.settings = [HTTP3Setting(1, 4096), HTTP3Setting(7, 16)]
    let pair = try WebPair(limits: limits, visitor: options)
    let client = RawClient()
    let connection = try pair.dial(client)
    var hasControl = false
    client.onReceived = { _, stream in hasControl = hasControl || stream == 3 }
    #expect(pair.network.run { hasControl })
    // Credit for more, and behind it the word that nothing more is wanted: the server reads both before it writes.
    pair.client.poll(now: pair.network.now)
    connection.stop(stream: 3, error: 0x100)
    pair.client.poll(now: pair.network.now)
    #expect(pair.network.run { client.reason != nil })
    #expect(client.reason?.kind == .application(code: 0x104))
    #expect(connection.streamsLeft == 0)
  }

  @Test func dataBeforeAHeadIsRefused() throws {
    let pair = try WebPair()
    let (client, connection) = try raw(pair)
    let stream = try #require(connection.openStream())
    client.send([0x00, 0x03, 1, 2, 3], on: stream, of: connection)
    #expect(pair.network.run { client.reason != nil })
    #expect(client.reason?.kind == .application(code: 0x105))
    #expect(pair.site.bodies.isEmpty)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
  func noiseOnStreamsEndsInAnErrorOrNothingAndServiceGoesOn(seed: UInt64) throws {
    let pair = try WebPair(seed: seed)
    pair.servePage([9])
    var random = SeededGenerator(seed)
    for _ in 0..<20 {
      let (client, connection) = try raw(pair)
      for index in 0..<6 {
        guard let stream = connection.openStream(isBidirectional: index % 2 == 0) else { continue }
        var bytes = random.bytes(Int(random.next() % 300) + 1)
        bytes[0] = UInt8(random.next() % 5)
        client.send(bytes, on: stream, of: connection, isFinal: random.next() % 3 == 0)
      }
      pair.network.run(seconds: 2) { client.reason != nil }
      connection.fail(error: 0x100)
    }
    let http = try pair.open()
    let stream = try #require(http.ask(WebPair.head(), hasBody: false))
    #expect(pair.network.run { pair.visitor.bodies[stream] == [9] }, "seed \(seed)")
  }

  @Test func aHeadThatIsTooLongIsToldAndOneThatIsFarTooLongEndsItsStream() throws {
    var limits = HTTP3Limits()
    limits.fieldSectionSize = 4096
    let pair = try WebPair(limits: limits)
    pair.servePage([9])
    let http = try pair.open()
    let long = [HTTPField("x", String(repeating: "a", count: 5000))]
    let told = try #require(http.ask(WebPair.head("GET", "/", long), hasBody: false))
    #expect(pair.network.run { pair.visitor.whole.contains(told) })
    #expect(pair.site.heads[told]?.first?.isTooLarge == true)
    let many = (0..<30).map { HTTPField("x-\($0)", String(repeating: "b", count: 900)) }
    let cut = try #require(http.ask(WebPair.head("GET", "/", many), hasBody: false))
    #expect(pair.network.run { pair.visitor.errors[cut] != nil })
    #expect(pair.visitor.errors[cut] == UInt64(CHTTP3_EXCESSIVE_LOAD))
    #expect(pair.site.heads[cut] == nil)
    let next = try #require(http.ask(WebPair.head(), hasBody: false))
    #expect(pair.network.run { pair.visitor.bodies[next] == [9] })
  }

  @Test func `Heads that never end are bounded over all streams of a connection`() throws {
    let pair = try WebPair()
    let (client, connection) = try raw(pair)
    // The frame counts 30,000 bytes, of which one field of 8,000 comes.
    let field: [UInt8] = [0x00, 0x00, 0x21, 0x78, 0x7F, 0xC1, 0x3D] + [UInt8](repeating: 0x61, count: 8000)
    for _ in 0..<60 {
      let stream = try #require(connection.openStream())
      client.send([0x01, 0x80, 0x00, 0x75, 0x30] + field, on: stream, of: connection)
    }
    pair.network.run(seconds: 2) { client.reason != nil }
    #expect(client.reason == nil)
    for _ in 0..<10 {
      let stream = try #require(connection.openStream())
      client.send([0x01, 0x80, 0x00, 0x75, 0x30] + field, on: stream, of: connection)
    }
    #expect(pair.network.run { client.reason != nil })
    #expect(client.reason?.kind == .application(code: UInt64(CHTTP3_EXCESSIVE_LOAD)))
  }

  @Test func requestsThatAreTakenBackAtOnceEndTheConnectionAndNobodyElses() throws {
    let pair = try WebPair()
    pair.site.onHead = { _, _, _ in }
    let http = try pair.open()
    for _ in 0..<1000 {
      guard pair.visitor.reason == nil else { break }
      if let stream = http.ask(WebPair.head("POST"), hasBody: true) {
        pair.visitor.sending[stream] = WebEnd.Body(isWhole: false)
        pair.network.run(seconds: 0.001) { false }
        http.cancel(stream)
      }
      pair.network.run(seconds: 0.02) { false }
    }
    #expect(pair.visitor.reason?.kind == .application(code: UInt64(CHTTP3_EXCESSIVE_LOAD)))
    pair.servePage([9])
    pair.visitor.isOpen = false
    let again = try pair.open()
    let stream = try #require(again.ask(WebPair.head(), hasBody: false))
    #expect(pair.network.run { pair.visitor.bodies[stream] == [9] })
  }
}
