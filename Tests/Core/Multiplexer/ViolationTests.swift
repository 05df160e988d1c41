// SPDX-License-Identifier: Apache-2.0
import MeshSession
import MeshWire
import Testing

@testable import MeshMultiplexer

@Suite struct ViolationTests {
  static func varint(_ value: UInt64) -> [UInt8] {
    var scratch = [UInt8](repeating: 0, count: 8)
    let count = scratch.withUnsafeMutableBytes { Varint.encode(value, to: $0.baseAddress!) }
    return Array(scratch[..<count])
  }

  static func stream(_ id: UInt64, _ offset: UInt64, _ bytes: [UInt8], end: Bool = false) -> [UInt8] {
    [end ? 0x11 : 0x10] + varint(id) + varint(offset) + varint(UInt64(bytes.count)) + bytes
  }

  static func reset(_ id: UInt64, _ size: UInt64) -> [UInt8] { [0x12] + varint(id) + [0] + varint(size) }

  /// Preamble of a byte stream "a" without metadata.
  static let preamble: [UInt8] = [0, 3, 1, 0x61, 0]
  static let window: UInt64 = 4 << 20

  static let hostile: [(String, [[UInt8]])] = [
    ("beyond the credit", [stream(0, window - 1, [1, 2])]),
    ("behind the end", [stream(0, 0, preamble, end: true), stream(0, 5, [1])]),
    ("another end", [stream(0, 0, preamble, end: true), stream(0, 0, Array(preamble.dropLast()), end: true)]),
    ("an end before bytes", [stream(0, 10, [1]), stream(0, 0, preamble, end: true)]),
    ("a reset below what came", [stream(0, 10, [1]), reset(0, 5)]),
    ("a reset against the end", [stream(0, 10, [1], end: true), reset(0, 12)]),
    ("a reset beyond the credit", [reset(0, 1 << 40)]),
    ("too many streams", [stream(2 * 1024, 0, preamble)]),
    ("a stream that was never opened by us", [stream(1, 0, [1])]),
    ("name too long", [stream(0, 0, [0, 3, 0x40, 129, 0x61])]),
    ("name not UTF-8", [stream(0, 0, [0, 3, 1, 0xff, 0])]),
    ("unknown kind", [stream(0, 0, [9, 3, 1, 0x61, 0])]),
    ("unknown class", [stream(0, 0, [0, 9, 1, 0x61, 0])]),
    ("metadata too long", [stream(0, 0, [0, 3, 1, 0x61, 0x80, 0, 0x20, 0])]),
    ("no preamble", [stream(0, 0, [0, 3], end: true)]),
    ("message beyond the limit", [stream(0, 0, [1, 3, 1, 0x61, 0, 0xc0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0])]),
    ("malformed options", [stream(0, 0, [1, 3, 1, 0x61, 0, 0x05, 2, 1, 9, 0])]),
    ("unknown type", [[0x3f]]),
    ("cut frame", [[0x10, 0]]),
    ("length beyond the packet", [[0x10, 0, 0, 5, 1]]),
    ("huge length", [[0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]),
    ("huge offset", [[0x10, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1]]),
  ]

  @Test("Every breach of a rule is noticed", arguments: 0..<hostile.count)
  func breach(index: Int) {
    let (name, frames) = Self.hostile[index]
    let pipe = Pipe()
    var noticed = false
    for (place, frame) in frames.enumerated() {
      do {
        try pipe.deliver(frame, to: pipe.b)
      } catch {
        noticed = place == frames.count - 1
      }
    }
    #expect(noticed, "\(name)")
  }

  @Test("Credit for bytes of a stream that were never sent, or a stop where we only receive, are breaches")
  func ownStreams() throws {
    let pipe = Pipe()
    _ = try pipe.b.open(.bytes)
    #expect(throws: SessionError.self) { try pipe.deliver([0x14, 1, 20, 20], to: pipe.b) }
    let queue = try pipe.a.open(.messages)
    try pipe.a.send([1], to: queue, now: pipe.now)
    pipe.run()
    #expect(throws: SessionError.self) { try pipe.deliver([0x13, 0, 0, 0], to: pipe.b) }
  }

  @Test("A message of which a part is released is a breach, and goes on as if nothing had been said")
  func partlyReleased() throws {
    let pipe = Pipe()
    let sender = Recorder()
    let stream = try pipe.a.open(.messages, handler: sender)
    for number in UInt8(1)...2 {
      let options = MessageOptions(lifetime: 60_000_000_000, token: UInt64(number), mayBeHandedOver: true)
      try pipe.a.send([UInt8](repeating: number, count: 100), options: options, to: stream, now: pipe.now)
    }
    #expect(pipe.packet(of: pipe.a) != nil)
    #expect(pipe.a.handOver { _ in true }.count == 2)
    let tokens = try #require(pipe.a.streams.first { $0.reference == stream }).tokens
    let inside = [tokens[0].start + 1, tokens[0].end - 1, tokens[1].start + 50]
    for offset in inside {
      for frame in [[0x14, 0] + Self.varint(offset) + [0], [0x13, 0, 0] + Self.varint(offset)] as [[UInt8]] {
        #expect(throws: SessionError.self) { try pipe.deliver(frame, to: pipe.a) }
      }
    }
    #expect(sender.settledOutcomes.isEmpty)
    #expect(throws: Never.self) { try pipe.deliver([0x14, 0] + Self.varint(tokens[0].end) + [0], to: pipe.a) }
    #expect(sender.settledOutcomes == [1: .delivered])
    pipe.a.restart(parameters: PeerParameters(), now: pipe.now)
    pipe.a.advance(now: pipe.now + 120_000_000_000)
    #expect(sender.settledOutcomes == [1: .delivered, 2: .refused(StreamCode.peerRestarted)])
  }

  @Test("Streams opened with gaps take no memory or time without bound")
  func gaps() {
    let pipe = Pipe()
    var failed = false
    var index: UInt64 = 1
    while index < 40_000, !failed {
      let id = index << 1
      do {
        try pipe.deliver(Self.reset(id, 0), to: pipe.b)
        while let packet = pipe.packet(of: pipe.b) {
          for record in packet.records { pipe.b.acknowledged(record, now: pipe.now) }
        }
      } catch { failed = true }
      index += 2
    }
    #expect(failed)
    #expect(pipe.b.openedByPeer.count <= 4100)
  }

  @Test("Random frames trap nowhere", arguments: 0..<20 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = Seeded(seed)
    let pipe = Pipe(seed: seed)
    let stream = try? pipe.b.open(.request)
    for _ in 0..<2000 {
      var frame: [UInt8] = [.random(in: 0x10...0x17, using: &random), .random(in: 0...7, using: &random)]
      frame += (0..<6).map { _ in .random(in: 0...70, using: &random) }
      frame += [UInt8](repeating: .random(in: 0...3, using: &random), count: 70)
      _ = try? pipe.deliver(frame, to: pipe.b)
      if let stream, UInt8.random(in: 0...9, using: &random) == 0 { try? pipe.b.send(frame, to: stream, now: pipe.now) }
      _ = pipe.packet(of: pipe.b)
    }
    #expect(pipe.b.openStreams <= 1025)
  }
}
