// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets
import Testing

@testable import HTXTCP

/// What visitors do over HTTP/2 who want to be a burden: frames written by hand.
@Suite struct HTTP2AbuseTests {
  private let handler = LaneHandler()
  private static let get: [UInt8] = [0x82, 0x84, 0x87, 0x41, 0x01, 0x61]
  /// A form, whose body is waited for.
  private static let post: [UInt8] =
    [0x83, 0x84, 0x87, 0x41, 0x01, 0x61, 0x0F, 0x10, 33] + Array("application/x-www-form-urlencoded".utf8)

  private func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ body: [UInt8] = []) -> [UInt8] {
    [0, UInt8(body.count >> 8), UInt8(body.count & 255), type, flags]
      + withUnsafeBytes(of: stream.bigEndian) { Array($0) } + body
  }

  private func server(settings: [UInt8] = []) throws -> ServerConnection {
    let server = try #require(ServerConnection(Site(folder: nil, started: 1000), handler, clock: { 0 }))
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, settings)
    #expect(preface.withUnsafeBytes { server.receive($0) })
    return server
  }

  private func give(_ server: ServerConnection, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { server.receive($0) } && server.isAlive
  }

  private func read(_ server: ServerConnection) -> Int {
    var count = 0
    while let bytes = server.send() { count += bytes.count }
    return count
  }

  @Test func whoAsksAndNeverReadsIsSentAway() throws {
    let server = try server()
    var isOpen = true
    var asked = 0
    while isOpen, asked < 100_000 {
      isOpen = give(server, frame(1, 5, UInt32(2 * asked + 1), Self.get))
      asked += 1
    }
    #expect(!isOpen)
    #expect(asked < 3000)
    #expect(server.pending <= 128)
  }

  @Test func whatTheOtherEndHasToAnswerIsBoundedWhateverItIs() throws {
    // Updates of windows that are none, and streams that were never opened, for which each time an error is due.
    for body in [frame(8, 0, 1, [0, 0, 0, 0]), frame(0, 0, 1, [1])] {
      let server = try server()
      #expect(give(server, frame(1, 4, 1, Self.post)))
      var isOpen = true
      for _ in 0..<20_000 where isOpen { isOpen = give(server, body) }
      _ = read(server)
      #expect(server.pending <= 1)
    }
  }

  @Test func aHeadThatDripsIsAHeadAllTheTime() throws {
    let server = try server()
    _ = read(server)
    #expect(server.progress.activity == .idle)
    #expect(give(server, frame(1, 1, 1, Array(Self.get.prefix(3)))))
    let before = server.progress
    #expect(before.activity == .head)
    #expect(give(server, frame(9, 0, 1, [0x41])))
    #expect(server.progress == before)
    #expect(give(server, frame(9, 4, 1, [0x01, 0x61])))
    #expect(server.progress.activity == .answer)
    #expect(read(server) > 100)
    #expect(server.progress.activity == .idle && server.progress.requests == 1)
  }

  @Test func pingsAndSettingsAreNoProgress() throws {
    let server = try server()
    let before = server.progress
    for _ in 0..<50 {
      #expect(give(server, frame(6, 0, 0, [UInt8](repeating: 1, count: 8)) + frame(4, 0, 0)))
      _ = read(server)
    }
    #expect(server.progress == before)
  }

  @Test func anAnswerThatIsNotTakenIsNoProgress() throws {
    // Windows of no bytes.
    let server = try server(settings: [0, 4, 0, 0, 0, 0])
    #expect(give(server, frame(1, 5, 1, Self.get)))
    _ = read(server)
    let before = server.progress
    #expect(before.activity == .answer)
    #expect(read(server) == 0 && server.progress == before)
    #expect(give(server, frame(8, 0, 1, [0, 0, 0, 10])))
    #expect(read(server) == 19)
    #expect(server.progress.bytes == before.bytes + 10)
    #expect(give(server, frame(3, 0, 1, [0, 0, 0, 8])))
    #expect(server.progress.activity == .idle)
  }

  @Test func aBodyThatDripsIsProgress() throws {
    let server = try server()
    #expect(give(server, frame(1, 4, 1, Self.post)))
    _ = read(server)
    let before = server.progress
    #expect(before.activity == .body)
    #expect(give(server, frame(0, 0, 1, [1])))
    #expect(server.progress.bytes == before.bytes + 1)
  }

  @Test func whatIsNoFormIsAnsweredBeforeItsBodyAndTheRestIsNotWanted() throws {
    let server = try server()
    _ = read(server)
    let upload: [UInt8] = [0x83, 0x84, 0x87, 0x41, 0x01, 0x61]
    #expect(give(server, frame(1, 4, 1, upload)))
    var frames: [UInt8] = []
    while let bytes = server.send() { frames += bytes }
    // RST_STREAM without an error, behind everything.
    #expect(frames.suffix(13) == [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    #expect(give(server, frame(0, 0, 1, [1, 2, 3]) + frame(0, 1, 1, [])))
    #expect(server.pending == 0)
  }

  @Test func aFewBytesThatStandForManyFieldsAreNotKept() throws {
    let server = try server()
    // A field of 4,000 bytes enters the table; every byte after it stands for the whole field.
    let value = [UInt8](repeating: 0x61, count: 3900)
    let field: [UInt8] = [0x40, 0x01, 0x78, 0x7F, 0xBD, 0x1D] + value
    let bomb = Self.get + field + [UInt8](repeating: 0xBE, count: 12_000)
    var isOpen = true
    for index in 0..<8 where isOpen { isOpen = give(server, frame(1, 5, UInt32(2 * index + 1), bomb)) }
    #expect(!isOpen)
  }
}
