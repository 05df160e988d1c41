// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import HTXSite

@Suite struct SiteTests {
  private static let body = SiteFiles.body

  private let folder: SiteFiles
  private let site: Site

  init() throws {
    folder = try SiteFiles()
    site = try Site(folder: folder.www, started: 0)
  }

  private func ask(_ target: String, _ method: String = "GET", _ fields: [SiteField] = []) -> SiteResponse {
    site.respond(
      to: SiteRequest(method: method, target: target, authority: "example.org", fields: fields),
      unixSeconds: 784_111_777)
  }

  private func bytes(_ response: SiteResponse) -> [UInt8] {
    var all = [UInt8](repeating: 0, count: Int(response.body.count) + 10)
    let count = all.withUnsafeMutableBytes { response.body.read(at: 0, into: $0) }
    return Array(all.prefix(count))
  }

  @Test func aFileIsSentWithTheFieldsOfASmallServerInTheirOrder() {
    let response = ask("/data.bin?x=1")
    #expect(response.status == 200)
    #expect(
      response.fields.map(\.name) == [
        "server", "date", "content-type", "content-length", "last-modified", "etag", "accept-ranges",
      ])
    #expect(response.fields.first("date") == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(response.fields.first("content-length") == "1000")
    #expect(bytes(response) == Self.body)
    let head = ask("/data.bin", "HEAD")
    #expect(head.fields == ask("/data.bin").fields)
    #expect(bytes(head) == [])
  }

  @Test(arguments: [
    ("/", 200), ("/sub/", 200), ("/sub", 301), ("/empty/", 403), ("/empty", 301), ("/none", 404), ("/none/", 404),
    ("/data.bin/", 404), ("/.hidden", 404), ("/out.txt", 404), ("/absolute.txt", 404), ("/link.bin", 200),
    ("/pipe", 404), ("/sub/../data.bin", 200), ("/sub/%2e%2e/data.bin", 200), ("/../secret", 400),
    ("/%2e%2e/secret", 400), ("/sub/..%2f..%2fsecret", 400), ("/%00", 400), ("/%zz", 400), ("data.bin", 400),
    ("", 400), ("//data.bin", 200), ("/./data.bin", 200), ("https://example.org/data.bin", 200), ("*", 400),
    ("/\u{FF}x", 404), ("/zero.txt", 200),
  ])
  func aTargetHasItsStatus(_ target: String, _ status: Int) {
    #expect(ask(target).status == status)
  }

  @Test func methodsThatAFileDoesNotHaveAreNotAllowed() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "CONNECT"] {
      #expect(ask("/data.bin", method).status == 405)
    }
    #expect(ask("/none", "POST").status == 404)
    #expect(ask("/" + String(repeating: "a", count: 9000)).status == 404)
    let nobody = site.respond(to: SiteRequest(method: "GET", target: "/", authority: nil), unixSeconds: 0)
    #expect(nobody.status == 400)
  }

  @Test func aFolderWithoutItsSlashLeadsThere() {
    #expect(ask("/sub").fields.last == SiteField("location", "https://example.org/sub/"))
  }

  @Test(arguments: [
    ("A.b", "a.b"), ("a:443", "a"), ("a.:80", "a"), ("a:8443", "a:8443"), ("u@a", "u@a"), ("[::1]:8443", "[::1]:8443"),
    ("[::1]", "[::1]"), ("", nil), (".", nil), ("a..b", nil), ("a...", nil),
    ("a..", "a."), ("a/b", nil), ("a b", nil), ("[::1", nil), (":80", nil),
  ])
  func aHostIsWrittenAgainAsSmallServersDo(_ authority: String, _ host: String?) {
    let answer = site.respond(to: SiteRequest(method: "GET", target: "/sub", authority: authority), unixSeconds: 0)
    #expect(answer.fields.first("location") == host.map { "https://\($0)/sub/" })
    #expect(answer.status == (host == nil ? 400 : 301))
  }

  @Test func whatTheClientHasIsNotSentAgain() throws {
    let first = ask("/data.bin").fields
    let tag = try #require(first.first("etag"))
    let date = try #require(first.first("last-modified"))
    for (name, value, status) in [
      ("if-none-match", tag, 304), ("if-none-match", "W/\(tag)", 304), ("if-none-match", "\"x\", \(tag)", 304),
      ("if-none-match", "*", 304), ("if-none-match", "\"x\"", 200), ("if-modified-since", date, 304),
      ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT", 200), ("if-modified-since", "yesterday", 200),
      ("if-match", tag, 200), ("if-match", "\"x\"", 412), ("if-match", "W/\(tag)", 412),
      ("if-unmodified-since", date, 200), ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", 412),
    ] {
      #expect(ask("/data.bin", "GET", [SiteField(name, value)]).status == status, "\(name): \(value)")
    }
    #expect(bytes(ask("/data.bin", "GET", [SiteField("if-none-match", tag)])) == [])
  }

  @Test func everyRangeIsWhatTheBytesSay() throws {
    var random = SeededGenerator(7)
    for _ in 0..<300 {
      let first = Int.random(in: 0..<1200, using: &random)
      let last = Int.random(in: 0..<1200, using: &random)
      for field in ["bytes=\(first)-\(last)", "bytes=\(first)-", "bytes=-\(last)", "BYTES= \(first)-\(last) "] {
        let response = ask("/data.bin", "GET", [SiteField("range", field)])
        let wanted: ArraySlice<UInt8>? =
          if field.hasPrefix("bytes=-") { last > 0 ? Self.body.suffix(last) : nil } else if field.hasSuffix("-") {
            first < 1000 ? Self.body[first...] : nil
          } else { first <= last && first < 1000 ? Self.body[first...min(last, 999)] : nil }
        #expect(response.status == (wanted == nil ? 416 : 206), "\(field)")
        guard let wanted else { continue }
        #expect(bytes(response) == Array(wanted))
        #expect(response.fields.first("content-range")?.hasSuffix("/1000") == true)
      }
    }
  }

  @Test func rangesThatAreNoneAreToldApart() throws {
    for (field, status) in [
      ("bytes=0-1,5-6", 200), ("items=0-1", 200), ("bytes=", 200), ("bytes=x", 416), ("bytes=1", 416),
      ("bytes=1-2-3", 416), ("bytes=-0", 416), ("bytes=99999999999999999999-", 416),
      ("bytes=0-99999999999999999999", 206),
    ] {
      #expect(ask("/data.bin", "GET", [SiteField("range", field)]).status == status, "\(field)")
    }
    let tag = try #require(ask("/data.bin").fields.first("etag"))
    let range = SiteField("range", "bytes=0-1")
    #expect(ask("/data.bin", "GET", [range, SiteField("if-range", tag)]).status == 206)
    #expect(ask("/data.bin", "GET", [range, SiteField("if-range", "\"x\"")]).status == 200)
  }

  @Test func datesReadBackFromTheirText() {
    var random = SeededGenerator(9)
    for _ in 0..<2000 {
      let time = Int64.random(in: 0...253_402_300_799, using: &random)
      #expect(HTTPDate.parse(HTTPDate.text(time)) == time)
    }
    #expect(HTTPDate.text(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    for wrong in ["Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"] {
      #expect(HTTPDate.parse(wrong) == nil)
    }
  }

  @Test func anyRequestHasAnAnswerWhoseLengthIsTrue() {
    var random = SeededGenerator(3)
    let words = ["/", "..", "%2e", "%", "data.bin", "sub", "?", "#", "\u{0}", "é", "index.html", ".", "//", "%2F"]
    for _ in 0..<3000 {
      let target = (0..<Int.random(in: 0...6, using: &random)).map { _ in words.randomElement(using: &random)! }
        .joined()
      let response = ask(target, ["GET", "HEAD", "POST"].randomElement(using: &random)!)
      #expect((200...599).contains(response.status))
      #expect(!bytes(response).elementsEqual("outside".utf8))
      if response.body.count > 0 { #expect(response.fields.first("content-length") == "\(response.body.count)") }
    }
  }

  @Test func theBuiltInPageIsASiteToo() throws {
    let site = try Site(folder: nil, started: 1000)
    func status(_ target: String, _ method: String = "GET") -> Int {
      site.respond(to: SiteRequest(method: method, target: target, authority: "a"), unixSeconds: 0).status
    }
    #expect(status("/") == 200 && status("/index.html") == 200 && status("/x") == 404 && status("/", "POST") == 405)
    #expect(throws: SiteError.self) { try Site(folder: "/nonexistent", started: 0) }
  }

  /// Nobody is told that a file is not there because there is no descriptor for it.
  @Test func aMachineThatHasRunOutOfSomethingSaysSo() {
    let full = [EMFILE, ENFILE, ENOMEM, EIO].filter {
      if case .failed = SiteFolder.entry(error: $0) { true } else { false }
    }
    #expect(full.count == 4)
    let gone = [ENOENT, ENOTDIR].filter { if case .missing = SiteFolder.entry(error: $0) { true } else { false } }
    #expect(gone.count == 2)
  }
}
