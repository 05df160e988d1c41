// SPDX-License-Identifier: Apache-2.0

/// A small static web site: the head of a request in, the head of the answer and the source of its body out.
///
/// It knows no version of HTTP and no socket. What it answers follows nginx with `server_tokens off`: the same statuses,
/// fields, order of fields and error pages (Tests/Interop/site.py compares them).
public final class Site {
  let folder: SiteFolder?
  private let server: String
  private let started: Int64
  private var answered = RememberedDate()
  private var modified = RememberedDate()
  /// The value of Alt-Svc (RFC 7838) that answers have where nginx's `add_header` would put one; nil for none.
  public var alternative: String?

  /// A site with the files of `folder`, or the built-in page.
  ///
  /// - Parameters:
  ///   - server: the `Server` field and the last line of error pages.
  ///   - started: Unix seconds; the date of the built-in page.
  public init(folder: String?, server: String = "nginx", started: Int64) throws(SiteError) {
    if let folder { self.folder = try SiteFolder(folder) } else { self.folder = nil }
    self.server = server
    self.started = started
    alternative = nil
  }

  /// The same site, with an `alternative` of its own.
  public init(_ site: Site, alternative: String?) {
    (folder, server, started, self.alternative) = (site.folder, site.server, site.started, alternative)
  }

  /// Why a file could not be opened for lack of means since the last call, errno; 0 when none was. Such a request is
  /// answered with 500, and an answer that had to open its file again is broken off.
  public func takeLack() -> Int32 {
    guard let folder, folder.lack != 0 else { return 0 }
    defer { folder.lack = 0 }
    return folder.lack
  }

  /// The answer to a request at a Unix time in seconds.
  public func respond(to request: SiteRequest, unixSeconds: Int64) -> SiteResponse {
    var response = choose(request, unixSeconds)
    if let alternative, [200, 206, 301, 304].contains(response.status) {
      response = response.adding(SiteField("alt-svc", alternative))
    }
    return request.isHead ? response.withoutBody() : response
  }

  /// The error page that goes with a status, or with 494 for a head that is too large, for what a version of HTTP finds wrong by itself.
  public func failure(_ status: Int, unixSeconds: Int64, further: [SiteField] = []) -> SiteResponse {
    // nginx's number for a head that is too large, which others see as 400.
    let isHeadTooLarge = status == 494
    let status = isHeadTooLarge ? 400 : status
    let words = "Request Header Or Cookie Too Large"
    let title = "\(status) \(StatusText.reason(status))"
    let page = """
      <html>\r
      <head><title>\(isHeadTooLarge ? "400 \(words)" : title)</title></head>\r
      <body>\r
      <center><h1>\(title)</h1></center>\r\(isHeadTooLarge ? "\n<center>\(words)</center>\r" : "")
      <hr><center>\(server)</center>\r
      </body>\r
      </html>\r\n
      """
    let bytes = Array(page.utf8)
    return SiteResponse(
      status: status,
      fields: common(unixSeconds) + [
        SiteField("content-type", "text/html"), SiteField("content-length", "\(bytes.count)"),
      ] + further, body: .bytes(bytes))
  }

  private func choose(_ request: SiteRequest, _ now: Int64) -> SiteResponse {
    guard request.method != "CONNECT" else { return failure(405, unixSeconds: now) }
    guard let authority = request.authority, Self.isHost(authority),
      let path = SitePath.normalize(request.target)
    else {
      return failure(400, unixSeconds: now)
    }
    let isRead = request.method == "GET" || request.method == "HEAD"
    guard isRead || request.method == "POST" else { return failure(405, unixSeconds: now) }
    if folder == nil {
      guard path == "/" || path == "/index.html" else { return failure(404, unixSeconds: now) }
      guard isRead else { return failure(405, unixSeconds: now) }
      let page = Found(size: Int64(BuiltInPage.html.count), modified: started, type: "text/html") { range in
        .bytes(Array(BuiltInPage.html[Int(range.lowerBound)..<Int(range.upperBound)]))
      }
      return serve(page, request, now)
    }
    switch entry(path) {
    case .file(let file):
      guard isRead else { return failure(405, unixSeconds: now) }
      let name = path.hasSuffix("/") ? path + "index.html" : path
      let found = Found(size: file.size, modified: file.modified, type: ContentType.of(name)) { range in
        .file(file, offset: range.lowerBound, count: range.upperBound - range.lowerBound)
      }
      return serve(found, request, now)
    case .folder:
      guard !path.hasSuffix("/") else { return failure(isRead ? 403 : 405, unixSeconds: now) }
      return redirect(to: "https://\(Self.host(authority))\(Self.escape(path))/", now)
    case .missing: return failure(404, unixSeconds: now)
    case .forbidden: return failure(403, unixSeconds: now)
    case .failed: return failure(500, unixSeconds: now)
    }
  }

  private func entry(_ path: String) -> SiteFolder.Entry {
    guard let folder else { return .missing }
    let inside = String(path.dropFirst())
    guard path.hasSuffix("/") else { return folder.entry(inside) }
    let index = folder.entry(inside + "index.html")
    guard case .missing = index else {
      if case .folder = index { return .missing }
      return index
    }
    guard case .folder = folder.entry(inside.isEmpty ? "./" : inside) else {
      return inside.isEmpty ? .folder : .missing
    }
    return .folder
  }

  /// Something to send, before conditions and ranges.
  private struct Found {
    let size: Int64
    let modified: Int64
    let type: String
    let body: (Range<Int64>) -> SiteBody
  }

  private func serve(_ found: Found, _ request: SiteRequest, _ now: Int64) -> SiteResponse {
    let tag = "\"\(String(found.modified, radix: 16))-\(String(found.size, radix: 16))\""
    let conditions = Preconditions(fields: request.fields, tag: tag, modified: found.modified)
    let date = SiteField("last-modified", modified.text(found.modified))
    switch conditions.outcome {
    case .failed: return failure(412, unixSeconds: now)
    case .notModified:
      return SiteResponse(status: 304, fields: common(now) + [date, SiteField("etag", tag)], body: .none)
    case .proceed: break
    }
    var range = 0..<found.size
    var status = 200
    var last = SiteField("accept-ranges", "bytes")
    if let field = request.fields.first("range"), conditions.rangeHolds {
      switch ByteRange(field, size: found.size) {
      case .whole: break
      case .part(let part):
        range = part
        status = 206
        last = SiteField("content-range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(found.size)")
      case .unsatisfiable:
        return failure(416, unixSeconds: now, further: [SiteField("content-range", "bytes */\(found.size)")])
      }
    }
    let fields = [
      SiteField("content-type", found.type), SiteField("content-length", "\(range.upperBound - range.lowerBound)"),
      date, SiteField("etag", tag), last,
    ]
    return SiteResponse(status: status, fields: common(now) + fields, body: found.body(range))
  }

  private func redirect(to location: String, _ now: Int64) -> SiteResponse {
    let page = failure(301, unixSeconds: now)
    return SiteResponse(status: 301, fields: page.fields + [SiteField("location", location)], body: page.body)
  }

  private func common(_ now: Int64) -> [SiteField] {
    [SiteField("server", server), SiteField("date", answered.text(now))]
  }

  /// Whether nginx takes an authority; others are answered with 400.
  private static func isHost(_ authority: String) -> Bool {
    let bytes = authority.utf8
    guard bytes.count <= 255, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else { return false }
    guard let name = hostEnd(bytes).map({ bytes[..<$0] }) else { return false }
    let kept = name.dropLast(name.last == UInt8(ascii: ".") ? 1 : 0)
    return !kept.isEmpty && !zip(kept, kept.dropFirst()).contains { $0 == UInt8(ascii: ".") && $1 == $0 }
  }

  /// Where the name in an authority ends; nil for an address in brackets without the second of them.
  private static func hostEnd(_ bytes: String.UTF8View) -> String.Index? {
    let bracket = bytes.first == UInt8(ascii: "[") ? bytes.firstIndex(of: UInt8(ascii: "]")) : bytes.startIndex
    return bracket.map { bytes[$0...].firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex }
  }

  /// The name in an authority as nginx writes it again: small letters, no dot at the end, no port where it says nothing.
  private static func host(_ authority: String) -> String {
    let end = hostEnd(authority.utf8) ?? authority.endIndex
    var name = authority[..<end].lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    return ["", ":", ":80", ":443"].contains(authority[end...]) ? name : name + authority[end...]
  }

  /// What has no place in a path (RFC 3986, 3.3) becomes an escape.
  private static func escape(_ path: String) -> String {
    let plain = Array("/-._~!$&'()*+,;=:@".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in path.utf8 {
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || plain.contains(byte)
      bytes += isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
