// SPDX-License-Identifier: Apache-2.0
import HTXSite

/// The head of a request of HTTP/1 (RFC 9112).
struct HTTP1Head {
  /// Bytes of a line, and of a whole head, as small servers read them.
  static let lineLimit = 8192
  static let limit = 32_768

  /// What cannot be answered otherwise; the connection ends after it.
  enum Fault: Int, Error {
    case badRequest = 400
    case lineTooLong = 414
    case headTooLarge = 494
    case notImplemented = 501
    case wrongVersion = 505
  }

  /// How the body ends.
  enum Body: Equatable {
    case length(Int64)
    case chunks
  }

  var request = WebRequest()
  private(set) var body = Body.length(0)
  private(set) var isPersistent: Bool
  /// The client waits for a word before it sends the body (RFC 9110, 10.1.1).
  private(set) var expectsWord = false
  private var hasLength = false
  /// Bytes up to the body.
  let length: Int

  /// From its lines without their ends, the empty one left out; `length` counts the bytes of all.
  init(_ lines: [Substring], length: Int) throws(Fault) {
    self.length = length
    let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty,
      words[0].utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 || $0 == 45 })
    else { throw .badRequest }
    switch words[2] {
    case "HTTP/1.1": isPersistent = true
    case "HTTP/1.0": isPersistent = false
    case let version where version.hasPrefix("HTTP/") && version.dropFirst(5).first?.isNumber == true:
      throw .wrongVersion
    default: throw .badRequest
    }
    request.method = String(words[0])
    request.target = String(words[1])
    for line in lines.dropFirst() { try take(line) }
    if words[2] == "HTTP/1.0" { expectsWord = false }
    if request.authority == nil, isPersistent || !lines[0].hasSuffix("1.0") { throw .badRequest }
    if request.authority == nil { request.authority = "localhost" }
  }

  private mutating func take(_ line: Substring) throws(Fault) {
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, line.first != " ", line.first != "\t" else {
      throw .badRequest
    }
    let name = line[..<colon].lowercased()
    // Names that no field has are passed over, as small servers do.
    guard name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }) else { return }
    var value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    while value.last == " " || value.last == "\t" { value.removeLast() }
    switch name {
    case "host":
      guard request.authority == nil else { throw .badRequest }
      request.authority = String(value)
    case "connection":
      for option in value.lowercased().split(separator: ",") {
        let word = option.drop { $0 == " " }
        if word.hasPrefix("close") { isPersistent = false }
        if word.hasPrefix("keep-alive") { isPersistent = true }
      }
    case "content-length":
      guard (1...18).contains(value.utf8.count), value.utf8.allSatisfy({ (48...57).contains($0) }),
        let count = Int64(value), !hasLength, body != .chunks
      else { throw .badRequest }
      hasLength = true
      body = .length(count)
    case "expect": expectsWord = value.lowercased() == "100-continue"
    case "transfer-encoding":
      guard value.lowercased() == "chunked" else { throw .notImplemented }
      guard !hasLength, body != .chunks else { throw .badRequest }
      body = .chunks
    default: break
    }
    if name != "host" { request.add(name, String(value)) }
  }
}
