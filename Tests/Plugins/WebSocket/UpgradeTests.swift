import Testing
// SPDX-License-Identifier: Apache-2.0
import TransportBytes
import WebSocketCore

/// The opening handshake, both sides.
@Suite struct UpgradeTests {
  /// The request of RFC 6455, 1.3.
  private static let sample = """
    GET /chat HTTP/1.1\r
    Host: server.example.com\r
    Upgrade: websocket\r
    Connection: keep-alive, Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Protocol: chat, mesh.v1\r
    Sec-WebSocket-Version: 13\r
    \r

    """

  private static func status(_ request: String, _ policy: UpgradePolicy) -> Int {
    let answer: UpgradePolicy.Answer
    do {
      guard let head = try Array(request.utf8).withUnsafeBytes({ try HTTPHead.parse($0) }) else { return 0 }
      answer = policy.answer(to: head)
    } catch {
      answer = UpgradePolicy.answer(to: error as? HTTPHead.Fault ?? .malformed)
    }
    switch answer {
    case .accept: return 101
    case .refuse(let status, let bytes):
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 \(status) "))
      #expect(text.contains("close\r\n"))
      if status == 426 { #expect(text.contains("Sec-WebSocket-Version: 13\r\n")) }
      return status
    }
  }

  @Test func `the sample key of RFC 6455 has the sample answer`() {
    #expect(UpgradeKey.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test func `the vectors of FIPS 180-4 and RFC 4648 hold`() {
    let digest = SHA1.digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
    #expect(digest.prefix(4) == [0x84, 0x98, 0x3E, 0x44])
    #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
    #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==")
    #expect(Base64.decode("Zm9vYmE=") == Array("fooba".utf8))
    #expect(Base64.decode("Zg") == Array("f".utf8))
    for wrong in ["Z", "Zh", "Zg=", "Zg===", "Z!==", "Zg==Zg=="] { #expect(Base64.decode(wrong) == nil, "\(wrong)") }
  }

  static let refusals: [(String, String, Int)] = [
    ("", "", 101), ("GET", "POST", 405), ("/chat", "/other", 404), ("HTTP/1.1\r\nH", "HTTP/1.0\r\nH", 400),
    ("Host: server.example.com\r\n", "", 400), ("Upgrade: websocket\r\n", "", 426),
    ("keep-alive, Upgrade", "close", 426), ("Version: 13", "Version: 8", 426), ("nonce", "", 101),
    ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400), ("chat, mesh.v1", "chat", 400),
    ("Host: s", "Origin: https://evil.example\r\nHost: s", 403),
    ("Host: s", "Origin: https://good.example\r\nHost: s", 101),
    ("Host: s", "Host: again\r\nHost: s", 400), ("Host: s", "Content-Length: 5\r\nHost: s", 400),
    ("Host: s", "Transfer-Encoding: chunked\r\nHost: s", 400), ("Host: ", "Host : ", 400),
    ("Host: s", " folded\r\nHost: s", 400), ("\r\nHost", "\nHost", 400), ("Host: s", "A: b\rc\r\nHost: s", 400),
    ("Host: s", "A: \u{7F}\r\nHost: s", 400),
    ("Host: s", String(repeating: "A: b\r\n", count: 64) + "Host: s", 431),
    ("Host: s", "A: " + String(repeating: "b", count: 8192) + "\r\nHost: s", 431),
  ]

  @Test(arguments: refusals)
  func `a request is answered with the right status`(from: String, to: String, status: Int) {
    let policy = UpgradePolicy(path: "/chat", subprotocol: "mesh.v1", origins: ["https://good.example"])
    var request = Self.sample
    if let range = from.isEmpty ? nil : Self.find(from, in: request) { request.replaceSubrange(range, with: to) }
    #expect(Self.status(request, policy) == status)
  }

  private static func find(_ needle: String, in text: String) -> Range<String.UnicodeScalarView.Index>? {
    let scalars = Array(text.unicodeScalars)
    let wanted = Array(needle.unicodeScalars)
    for start in 0...(scalars.count - wanted.count) where Array(scalars[start..<start + wanted.count]) == wanted {
      let view = text.unicodeScalars
      let lower = view.index(view.startIndex, offsetBy: start)
      return lower..<view.index(lower, offsetBy: wanted.count)
    }
    return nil
  }

  @Test func `a head is read only when it is complete, wherever it is cut`() throws {
    let bytes = Array(Self.sample.utf8)
    for cut in 0..<bytes.count {
      let head = try bytes[..<cut].withUnsafeBytes { try HTTPHead.parse($0) }
      #expect(head == nil)
    }
    let head = try #require(try bytes.withUnsafeBytes { try HTTPHead.parse($0) })
    #expect(head.length == bytes.count)
    #expect(head.fields.count == 6)
  }

  @Test func `a client accepts its server and nobody else`() throws {
    let request = UpgradeRequest(host: "h", path: "/", subprotocol: "mesh.v1", nonce: [UInt8](1...16))
    let head = try #require(try request.bytes.withUnsafeBytes { try HTTPHead.parse($0) })
    guard case .accept(let bytes, _) = UpgradePolicy(subprotocol: "mesh.v1").answer(to: head) else {
      Issue.record("refused")
      return
    }
    let answer = String(decoding: bytes, as: UTF8.self)
    #expect(try Self.check(answer, request) == nil)
    for (from, to) in [
      ("101", "200"), ("HTTP/1.1", "HTTP/1.0"), ("Upgrade: websocket", "Upgrade: h2c"), ("Accept: ", "Accept: A"),
      ("mesh.v1", "mesh.v2"), ("Connection: Upgrade", "Connection: close"),
      ("Connection", "Sec-WebSocket-Extensions: permessage-deflate\r\nConnection"),
    ] {
      var changed = answer
      if let range = Self.find(from, in: answer) { changed.replaceSubrange(range, with: to) }
      #expect(throws: UpgradeRequest.Refusal.self, "\(to)") { try Self.check(changed, request) }
    }
  }

  private static func check(_ answer: String, _ request: UpgradeRequest) throws -> DeflateParameters? {
    let head = try Array(answer.utf8).withUnsafeBytes { try HTTPHead.parse($0) }
    return try request.check(try #require(head))
  }
}
