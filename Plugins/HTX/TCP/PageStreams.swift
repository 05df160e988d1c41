// SPDX-License-Identifier: Apache-2.0

/// The streams of an HTTP/2 connection that reads a page and what it shows.
final class PageStreams: HTTP2Events {
  unowned(unsafe) var connection: HTTP2Connection!
  private let authority: String
  private var pageStream: Int32 = 0
  private(set) var reader: PageReader
  /// The value of `Alt-Svc` in the page's head.
  private(set) var alternative: String?
  /// The page's head has come.
  private(set) var hasHead = false

  init(authority: String, path: String) {
    self.authority = authority
    reader = PageReader(path: path)
  }

  func begin() -> Bool {
    pageStream = ask(reader.path) ?? 0
    return pageStream > 0
  }

  private func ask(_ path: String) -> Int32? {
    let fields = [
      (":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path), ("accept", "*/*"),
    ]
    guard let stream = connection.ask(fields, hasBody: false) else { return nil }
    reader.asked()
    return stream
  }

  override func field(_ stream: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard stream == pageStream, name.elementsEqual("alt-svc".utf8) else { return }
    alternative = String(decoding: value, as: UTF8.self)
  }

  override func head(_ stream: Int32, ends: Bool) {
    if stream == pageStream { hasHead = true }
  }

  override func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) {
    if reader.read(bytes, isPage: stream == pageStream) { connection.consume(stream, bytes.count) }
  }

  override func end(_ stream: Int32) {
    guard stream == pageStream else { return }
    for target in reader.pageEnded() { _ = ask(target) }
  }

  override func closed(_ stream: Int32, code: UInt32) { reader.closed() }
}
