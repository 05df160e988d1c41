/// One connection to the metrics listener: bytes in, one answer out, then the connection is closed.
///
/// It does no input or output; the node's event loop drives it and closes connections that stay silent.
public struct MetricsResponder: Sendable {
  /// What to do after some bytes.
  public enum Outcome: Equatable, Sendable {
    /// The request is not complete: read on.
    case more
    /// Write these bytes, then close.
    case answer([UInt8])
  }

  /// Longest request head in bytes.
  public static let limit = 8192

  private var head: [UInt8] = []
  private var isAnswered = false

  /// A fresh connection.
  public init() {}

  /// Takes bytes that arrived. `body` gives the metrics and is called for a valid `GET /metrics` or `HEAD` only.
  /// After an answer further bytes are ignored.
  public mutating func receive(_ bytes: UnsafeRawBufferPointer, body: () -> [UInt8]) -> Outcome {
    guard !isAnswered else { return .more }
    head.append(contentsOf: bytes.prefix(Self.limit + 1 - head.count))
    guard let end = Self.headEnd(head) else {
      guard head.count > Self.limit else { return .more }
      return finish(Self.response("431 Request Header Fields Too Large", "the request is too long\n"))
    }
    return finish(Self.answer(to: head[..<end], body))
  }

  private mutating func finish(_ answer: [UInt8]) -> Outcome {
    isAnswered = true
    head = []
    return .answer(answer)
  }

  /// The end of the request line once the empty line has arrived (RFC 9112 section 2.1; a lone LF also ends a line).
  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    var firstEnd: Int?
    var lineStart = 0
    for index in bytes.indices where bytes[index] == 10 {
      let end = index > lineStart && bytes[index - 1] == 13 ? index - 1 : index
      if end == lineStart, let firstEnd { return firstEnd }
      firstEnd = firstEnd ?? end
      lineStart = index + 1
    }
    return nil
  }

  private static func answer(to line: ArraySlice<UInt8>, _ body: () -> [UInt8]) -> [UInt8] {
    let parts = line.split(separator: 32, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[1].first == UInt8(ascii: "/"),
      line.allSatisfy({ (0x20...0x7e).contains($0) })
    else { return response("400 Bad Request", "not an HTTP request\n") }
    guard parts[2].elementsEqual("HTTP/1.1".utf8) || parts[2].elementsEqual("HTTP/1.0".utf8) else {
      return response("505 HTTP Version Not Supported", "expected HTTP/1.1\n")
    }
    let path = parts[1].prefix { $0 != UInt8(ascii: "?") }
    guard path.elementsEqual("/metrics".utf8) else { return response("404 Not Found", "see /metrics\n") }
    if parts[0].elementsEqual("GET".utf8) {
      return response("200 OK", body(), type: PrometheusText.contentType)
    }
    if parts[0].elementsEqual("HEAD".utf8) {
      return response("200 OK", body(), type: PrometheusText.contentType, isHead: true)
    }
    return response("405 Method Not Allowed", "expected GET\n", extra: "Allow: GET, HEAD\r\n")
  }

  private static func response(_ status: String, _ text: String, extra: String = "") -> [UInt8] {
    response(status, Array(text.utf8), type: "text/plain; charset=utf-8", extra: extra)
  }

  private static func response(
    _ status: String, _ body: [UInt8], type: StaticString, extra: String = "", isHead: Bool = false
  ) -> [UInt8] {
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n"
      + "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\(extra)Connection: close\r\n\r\n"
    return Array(head.utf8) + (isHead ? [] : body)
  }
}
