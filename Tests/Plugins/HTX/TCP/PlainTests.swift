// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import HTXSite
@testable import HTXTCP

@Suite struct PlainConnectionTests {
  private func answer(_ requests: String, pieces: Int = .max) throws -> (text: String, isAlive: Bool) {
    let connection = PlainConnection(try Site(folder: nil, started: 1000), clock: { 784_111_777 })
    var text: [UInt8] = []
    let bytes = Array(requests.utf8)
    var at = 0
    repeat {
      let end = min(bytes.count, at + min(pieces, bytes.count))
      bytes[at..<end].withUnsafeBytes { connection.receive($0) }
      at = end
      while let output = connection.send() {
        text += output
        connection.sent(output.count)
      }
    } while at < bytes.count
    return (String(decoding: text, as: UTF8.self), connection.isAlive)
  }

  @Test func aPageComesWithTheFieldsOfASmallServerInTheirOrder() throws {
    let (text, isAlive) = try answer("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(isAlive)
    let names = text.split(separator: "\r\n").map { $0.prefix { $0 != ":" } }
    #expect(
      names == [
        "HTTP/1.1 200 OK", "Server", "Date", "Content-Type", "Content-Length", "Last-Modified", "Connection", "ETag",
        "Accept-Ranges",
      ])
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", true), ("GET / HTTP/1.0\r\n\r\n", "200 OK", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 OK", false),
    ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", false), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", "400", false),
    ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505", false), ("GET /\r\n\r\n", "400", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", false),
    ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", "400", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy", "405 Not Allowed", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", "413", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "405", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "405", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400", false),
  ])
  func aRequestHasItsStatusHoweverItIsCut(_ request: String, _ status: String, _ staysOpen: Bool) throws {
    for pieces in [Int.max, 1, 7] {
      let (text, isAlive) = try answer(request, pieces: pieces)
      #expect(text.hasPrefix("HTTP/1.1 \(status)"), "\(text.prefix(60))")
      #expect(isAlive == staysOpen)
    }
  }

  @Test func longLinesAndHeadsAreRefused() throws {
    let line = String(repeating: "a", count: 9000)
    #expect(try answer("GET /\(line) HTTP/1.1\r\nHost: a\r\n\r\n").text.hasPrefix("HTTP/1.1 414"))
    #expect(try answer("GET / HTTP/1.1\r\nHost: a\r\nx: \(line)\r\n\r\n").text.hasPrefix("HTTP/1.1 400"))
  }

  @Test func requestsOneBehindTheOtherAreAnsweredInTheirOrder() throws {
    let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    let (text, _) = try answer(requests + "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
    #expect(statuses == ["200", "404", "200"])
  }

  /// A connection that stays for the next request does not keep the file of the last one.
  @Test func aFileIsClosedBehindItsAnswer() throws {
    var name = Array("/tmp/mesh-site.XXXXXX\0".utf8CString.dropLast())
    let path = try #require(mkdtemp(&name).map { String(cString: $0) })
    let file = open("\(path)/file", O_CREAT | O_WRONLY, 0o600)
    #expect(ftruncate(file, 20_000) == 0)
    close(file)
    defer {
      unlink("\(path)/file")
      rmdir(path)
    }
    let site = try Site(folder: path, started: 1000)
    let connection = PlainConnection(site, clock: { 784_111_777 })
    Array("GET /file HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes { connection.receive($0) }
    var sent = 0
    while let output = connection.send() {
      #expect(try #require(site.folder).files.count == (sent < 16_384 ? 1 : 0))
      sent += output.count
      connection.sent(output.count)
    }
    #expect(sent > 20_000 && connection.isAlive)
  }

  @Test func anyBytesAreTakenWithoutATrap() throws {
    var random = SeededGenerator(2)
    let words = ["GET", " ", "/", "HTTP/1.1", "\r\n", "\n", ":", "Host", "Content-Length", "5", "\0", "chunked", "é"]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...20, using: &random)).map { _ in words.randomElement(using: &random)! }.joined()
      _ = try answer(text, pieces: Int.random(in: 1...10, using: &random))
    }
  }
}

extension String {
  /// The parts between separators.
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
