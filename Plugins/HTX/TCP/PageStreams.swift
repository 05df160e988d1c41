// SPDX-License-Identifier: Apache-2.0

/// The streams of a connection that reads a page and what it shows, and keeps none of it.
final class PageStreams: HTTP2Events {
  /// Bytes of the page that are looked at.
  private static let pageLimit = 65_536
  /// Bytes of all bodies, after which enough was read.
  private static let byteLimit = 8 << 20
  /// What a page shows, at most.
  private static let resourceLimit = 16

  unowned(unsafe) var connection: HTTP2Connection!
  private let authority: String
  private let path: String
  private var pageStream: Int32 = 0
  private var page: [UInt8] = []
  private var open = 0
  private var bytes = 0
  /// The site sends without end.
  var isTooMuch: Bool { bytes > Self.byteLimit }
  /// Nothing more is to be read.
  private(set) var isDone = false

  init(authority: String, path: String) {
    self.authority = authority
    self.path = path
  }

  func begin() -> Bool {
    pageStream = ask(path) ?? 0
    return pageStream > 0
  }

  private func ask(_ path: String) -> Int32? {
    let fields = [
      (":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path), ("accept", "*/*"),
    ]
    guard let stream = connection.ask(fields, hasBody: false) else { return nil }
    open += 1
    return stream
  }

  override func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes.count
    guard !isTooMuch else {
      isDone = true
      return
    }
    connection.consume(stream, bytes.count)
    if stream == pageStream { page += bytes.prefix(Self.pageLimit - page.count) }
  }

  override func end(_ stream: Int32) {
    guard stream == pageStream, !isDone else { return }
    for target in PageLinks.find(page, at: path, limit: Self.resourceLimit) { _ = ask(target) }
    page = []
  }

  override func closed(_ stream: Int32, code: UInt32) {
    open -= 1
    if open == 0 { isDone = true }
  }
}
