// SPDX-License-Identifier: Apache-2.0
import HTXSite
import TransportBytes

/// The server's side of one connection of HTTP/1: the site, and nothing else. Tickets are not looked for, because no
/// link could follow.
public final class PlainConnection {
  /// Requests of one connection, as small servers limit them.
  private static let requestLimit = 1000
  /// Bytes of a body that are made ready at a time.
  private static let step = 16_384

  private let site: Site
  private let clock: () -> Int64
  private let input = ByteBuffer(capacity: 4096)
  private let output = ByteBuffer(capacity: 4096)
  private var body = SiteBody.none
  private var position: Int64 = 0
  private var reader = HTTP1HeadReader()
  private var arriving: HTTP1Body?
  private var requests = 0
  private var moved: UInt64 = 0
  private var isLast = false

  /// A connection that serves `site`; `clock` gives Unix seconds.
  public init(_ site: Site, clock: @escaping () -> Int64) {
    self.site = site
    self.clock = clock
  }

  /// Takes bytes that arrived. They wait while an answer is under way.
  public func receive(_ bytes: UnsafeRawBufferPointer) {
    guard !isLast else { return }
    input.append(bytes)
  }

  /// Whether more bytes may be given: false while there is an answer to send first.
  public var wantsInput: Bool { !isLast && input.count <= HTTP1Head.limit }

  /// The next bytes to send; `sent` has to follow. Nil when there are none.
  public func send() -> UnsafeRawBufferPointer? {
    while output.isEmpty {
      if position < body.count {
        guard refill() else { return nil }
      } else if isLast || !next() {
        return nil
      }
    }
    return output.readable
  }

  /// So many bytes were sent.
  public func sent(_ count: Int) {
    output.consume(count)
    moved &+= UInt64(count)
  }

  /// Whether the connection still has a use.
  public var isAlive: Bool { !isLast || !output.isEmpty || position < body.count }

  /// How far it has come.
  public var progress: VisitorProgress {
    let activity: VisitorActivity =
      if !output.isEmpty || position < body.count { .answer } else if arriving?.isWhole == false { .body } else {
        input.isEmpty ? .idle : .head
      }
    return VisitorProgress(activity: activity, requests: requests, bytes: moved)
  }

  private func refill() -> Bool {
    let space = UnsafeMutableRawBufferPointer(start: output.reserve(Self.step), count: Self.step)
    let count = body.read(at: position, into: space)
    // A file that has become shorter cannot be sent as it was announced.
    guard count > 0 else {
      isLast = true
      position = body.count
      return false
    }
    output.commit(count)
    position += Int64(count)
    // A file is open as long as somebody has it.
    if position == body.count { body = .none }
    return true
  }

  /// Goes on with what has arrived; false when more is needed.
  private func next() -> Bool {
    guard passOver() else { return false }
    do throws(HTTP1Head.Fault) {
      guard var head = try reader.read(input.readable) else { return false }
      input.consume(head.length)
      reader = HTTP1HeadReader()
      requests += 1
      var response = head.request.answer(site, clock())
      // What looks like a fault of the client ends the connection, as with nginx.
      var isPersistent =
        head.isPersistent && requests < Self.requestLimit && ![400, 413, 414].contains(response.status)
      // Where a file is served nginx passes over the body first, and otherwise behind the answer.
      let isServed = [200, 206, 304, 412, 416].contains(response.status)
      if isServed, head.expectsWord { output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
      arriving = HTTP1Body(head.body)
      if !passOver(), isLast {
        isLast = false
        isPersistent = false
        if isServed {
          head.request.isBad = true
          response = head.request.answer(site, clock())
        }
      }
      write(response, isPersistent: isPersistent)
    } catch {
      write(site.failure(error.rawValue, unixSeconds: clock()), isPersistent: false)
    }
    return true
  }

  /// Passes over the body of a request that is answered; false when more of it is needed, or nothing can follow it.
  private func passOver() -> Bool {
    guard let body = arriving, !body.isWhole else { return !isLast }
    guard let taken = try? arriving?.take(input.readable), arriving.map(\.count) ?? 0 <= Int64(WebRequest.bodyLimit)
    else {
      isLast = true
      return false
    }
    input.consume(taken)
    moved &+= UInt64(taken)
    return arriving?.isWhole != false
  }

  private func write(_ response: SiteResponse, isPersistent: Bool) {
    var text = "HTTP/1.1 \(response.status) \(response.reason)\r\n"
    var isConnectionWritten = false
    let connection = "Connection: \(isPersistent ? "keep-alive" : "close")\r\n"
    for field in response.fields {
      // Where small servers have it: behind what describes the content.
      if !isConnectionWritten, ["etag", "accept-ranges", "content-range"].contains(field.name) {
        text += connection
        isConnectionWritten = true
      }
      text += "\(Self.spelling(field.name)): \(field.value)\r\n"
    }
    output.append(Array((text + (isConnectionWritten ? "" : connection) + "\r\n").utf8))
    body = response.body
    position = 0
    isLast = !isPersistent
  }

  private static func spelling(_ name: String) -> String {
    if name == "etag" { return "ETag" }
    return name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
  }
}
