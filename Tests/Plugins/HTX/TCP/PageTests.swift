// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import HTXTCP

@Suite struct HTXPageTests {
  /// A site that notes what it is asked for, and answers anything with the same body.
  private final class Recorder: HTTP2Events {
    var connection: HTTP2Connection!
    var asked: [String] = []
    var body: [UInt8] = []
    var left: [Int32: Int] = [:]

    override func field(_ stream: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
      if name.elementsEqual(":path".utf8) { asked.append(String(decoding: value, as: UTF8.self)) }
    }

    override func head(_ stream: Int32, ends: Bool) {
      left[stream] = body.count
      connection.answer(stream, [(":status", "200")], hasBody: true)
    }

    override func fill(_ stream: Int32, _ target: UnsafeMutableRawBufferPointer) -> HTTP2Fill {
      let rest = left[stream] ?? 0
      let count = min(rest, target.count)
      target.copyBytes(from: body[(body.count - rest)..<(body.count - rest + count)])
      left[stream] = rest - count
      return count == rest ? .last(count) : .bytes(count)
    }
  }

  /// Lets both sides talk until neither has anything to say; returns bytes that the site sent.
  private func run(_ fetch: PageFetch, _ site: Recorder) throws -> Int {
    site.connection = HTTP2Connection(isServer: true, site)
    var count = 0
    var isMoving = true
    while isMoving {
      isMoving = false
      while let bytes = fetch.send() {
        isMoving = true
        _ = site.connection.receive(bytes)
      }
      while let bytes = site.connection.send() {
        isMoving = true
        count += bytes.count
        guard fetch.receive(bytes) else { return count }
      }
    }
    return count
  }

  @Test func aVisitReadsThePageAndWhatItShows() throws {
    let site = Recorder()
    site.body = Array("<link href='/style.css'><img src=\"a.png\"><a href=\"/next.html\">no</a>".utf8)
    let fetch = try #require(PageFetch(authority: "example.org", path: "/b/c.html"))
    _ = try run(fetch, site)
    #expect(site.asked == ["/b/c.html", "/style.css", "/b/a.png"])
    #expect(fetch.isDone)
  }

  /// From a site that has no end of bytes the visit goes away.
  @Test func aVisitReadsNoMoreThanItsShare() throws {
    let site = Recorder()
    site.body = [UInt8](repeating: 0x20, count: 64 << 20)
    let fetch = try #require(PageFetch(authority: "example.org", path: "/"))
    let count = try run(fetch, site)
    #expect(fetch.isDone && count > 8 << 20 && count < 9 << 20)
  }

  @Test func linksLeadToTheSameSiteAndAreEachFollowedOnce() {
    func links(_ text: String, limit: Int = 16) -> [String] {
      PageLinks.find(Array(text.utf8), at: "/a/b", limit: limit)
    }
    #expect(links("<img src='/x.png'><img src='/x.png'>") == ["/x.png"])
    #expect(links("<img src='//other/x'><img src='https://o/x'><img src='../x'><img src='x y'><img src='#x'>") == [])
    #expect(links("<img src='data:image/png'><img src=''><img src=\"x'>") == [])
    #expect(links("<a href='/page'><link href='/f.ico'><link href=f.css>") == ["/f.ico"])
    #expect(links((0..<40).map { "<img src='\($0)'>" }.joined(), limit: 5) == (0..<5).map { "/a/\($0)" })
    #expect(links("<img src='/\(String(repeating: "x", count: 600))'>") == [])
    #expect(links("= src=") == [] && links("") == [])
  }

  @Test(arguments: 1...20)
  func anythingIsReadAsAPage(seed: UInt64) {
    var random = SeededGenerator(seed)
    let words = [" src=", " href=", "'", "\"", "/", ".css", "x", "=", " ", "\u{0}"]
    for _ in 0..<200 {
      let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in words.randomElement(using: &random)! }.joined()
      for target in PageLinks.find(Array(text.utf8), at: "/", limit: 16) {
        let isTarget =
          target.hasPrefix("/") && !target.hasPrefix("//") && target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        #expect(isTarget)
      }
    }
  }
}
