// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTCP
@testable import HTXTickets

/// Answers that others follow (RFC 9110, 15.2), to clients of HTTP/2.
@Suite struct HTXInterimAnswerTests {
  /// A frame of a type with flags, on a stream.
  private func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
  }

  /// A head without a table: each field as a literal (RFC 7541, 6.2.2).
  private func head(_ stream: UInt8, _ fields: [(String, String)], ends: Bool = false) -> [UInt8] {
    var payload: [UInt8] = []
    for (name, value) in fields {
      payload += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }
    return frame(1, ends ? 5 : 4, stream, payload)
  }

  private func reader(_ frames: [[UInt8]]) throws -> PageFetch {
    let fetch = try #require(PageFetch(authority: "example.org", path: "/"))
    while fetch.send() != nil {}
    for bytes in [frame(4, 0, 0, [])] + frames {
      let isGood = bytes.withUnsafeBytes { fetch.receive($0) }
      #expect(isGood)
      while fetch.send() != nil {}
    }
    return fetch
  }

  @Test(arguments: 0...3) func theFinalHeadIsThePages(interim: Int) throws {
    let hints = [
      [(":status", "103"), ("link", "</a.css>; rel=preload")], [(":status", "100")],
      [(":status", "103"), ("alt-svc", "h3=\":1\"")],
    ]
    var frames = hints.prefix(interim).map { head(1, $0) }
    var fetch = try reader(frames)
    #expect(!fetch.hasHead && fetch.alternative == nil)
    frames.append(head(1, [(":status", "200"), ("alt-svc", "h3=\":443\"")]))
    fetch = try reader(frames)
    #expect(fetch.hasHead && !fetch.isDone)
    #expect(fetch.alternative == "h3=\":443\"")
    // A body, and trailers, of which none is looked at.
    frames.append(frame(0, 0, 1, Array("<p>".utf8)))
    frames.append(head(1, [("alt-svc", "h3=\":2\"")], ends: true))
    fetch = try reader(frames)
    #expect(fetch.isDone && fetch.alternative == "h3=\":443\"")
  }

  @Test func anAnswerThatEndsWithItsHeadIsWhole() throws {
    let fetch = try reader([head(1, [(":status", "103")]), head(1, [(":status", "204")], ends: true)])
    #expect(fetch.isDone && fetch.hasHead && fetch.alternative == nil)
  }

  /// A proxy before a site may send hints for lanes as well.
  @Test func aLinkComesUpBehindInterimAnswers() throws {
    let key = try #require(TicketKey(secret: TicketKey.makeSecret(from: .seeded(1))))
    let ticket = try #require(IssuedTicket(for: key.publicKey, policy: .standard, unixSeconds: 0, random: .seeded(1)))
    let handler = RecordingHandler()
    let target = ClientTarget(authority: "example.org", path: "/", cookie: "__Host-session")
    let client = try #require(ClientConnection(target, ticket, handler))
    func receive(_ bytes: [UInt8]) { #expect(bytes.withUnsafeBytes { client.receive($0) }) }
    while client.send() != nil {}
    receive(frame(4, 0, 0, []))
    // The ticket has the first stream, or a form that has to go before lanes are asked for.
    receive(head(1, [(":status", "103")]) + head(1, [(":status", "200")], ends: true))
    while client.send() != nil {}
    for lane in 1...UInt8(LaneNumbers.count) {
      receive(head(2 * lane + 1, [(":status", "103")]))
      #expect(!handler.isOpen && handler.ends.isEmpty)
      receive(head(2 * lane + 1, [(":status", "200")]))
    }
    #expect(handler.isOpen && handler.ends.isEmpty)
  }
}
