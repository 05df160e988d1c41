import Testing

@testable import MeshObserve

@Suite struct MetricsResponderTests {
  /// The answer to a request, given in pieces of `step` bytes; nil when more is wanted.
  private func answer(_ request: String, step: Int = 1000) -> String? {
    var responder = MetricsResponder()
    var bytes = Array(request.utf8)[...]
    while !bytes.isEmpty {
      let outcome = Array(bytes.prefix(step)).withUnsafeBytes { responder.receive($0) { Array("m 1\n".utf8) } }
      if case .answer(let answer) = outcome { return String(decoding: answer, as: UTF8.self) }
      bytes = bytes.dropFirst(step)
    }
    return nil
  }

  @Test(arguments: [1, 7, 1000]) func metricsAreAnsweredHoweverTheBytesArrive(_ step: Int) {
    #expect(
      answer("GET /metrics?x=1 HTTP/1.1\r\nHost: h\r\n\r\n", step: step)
        == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 4\r\n"
        + "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nm 1\n")
  }

  @Test func aHeadRequestHasTheLengthAndNoBody() {
    let text = answer("HEAD /metrics HTTP/1.0\n\n")
    #expect(text?.contains("Content-Length: 4\r\n") == true && text?.hasSuffix("\r\n\r\n") == true)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"), ("GET /metricsx HTTP/1.1\r\n\r\n", "404 Not Found"),
    ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"), ("GET /metrics\r\n\r\n", "400 Bad Request"),
    ("GET  /metrics HTTP/1.1\r\n\r\n", "400 Bad Request"), ("\r\n\r\n", "400 Bad Request"),
    ("GET /metrics HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
    ("\u{16}\u{3}\u{1}\n\n", "400 Bad Request"),
    ("GET /metrics HTTP/1.1\r\nX: " + String(repeating: "x", count: 9000), "431 Request Header Fields Too Large"),
  ]) func everythingElseIsRefused(_ request: String, _ status: String) {
    #expect(answer(request)?.hasPrefix("HTTP/1.1 \(status)\r\n") == true)
    #expect(answer(request, step: 3)?.hasPrefix("HTTP/1.1 \(status)\r\n") == true)
  }

  @Test func aRefusedMethodNamesThePermittedOnes() {
    #expect(answer("PUT /metrics HTTP/1.1\r\n\r\n")?.contains("\r\nAllow: GET, HEAD\r\n") == true)
  }

  @Test func anIncompleteRequestWaits() {
    #expect(answer("GET /metrics HTTP/1.1\r\nHost: h\r\n") == nil)
    #expect(answer("GET /met") == nil)
  }

  @Test func aSecondRequestIsIgnored() {
    var responder = MetricsResponder()
    let request = Array("GET /metrics HTTP/1.1\r\n\r\n".utf8)
    let outcomes = (0..<2).map { _ in request.withUnsafeBytes { responder.receive($0) { [] } } }
    #expect(outcomes[0] != .more && outcomes[1] == .more)
  }

  @Test func randomBytesAreAnsweredWithinTheLimit() {
    var state: UInt64 = 7
    for _ in 0..<200 {
      var responder = MetricsResponder()
      var count = 0
      var isAnswered = false
      while !isAnswered, count <= MetricsResponder.limit {
        let chunk = (0..<512).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return UInt8(truncatingIfNeeded: state >> 40)
        }
        count += chunk.count
        if case .answer = chunk.withUnsafeBytes({ responder.receive($0) { [] } }) { isAnswered = true }
      }
      #expect(isAnswered)
    }
  }
}
