// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXQUIC
import HTXTCP

/// One HTTP/3 connection that reads a page of a site and what the page shows, as any visitor does; `PageFetch` is the same
/// over HTTP/2.
public final class PageClient: HTTP3Handler {
  private var handler: LaneLender?
  /// Keeps this alive, and says when it ends; a weak reference would slow down every use of it.
  private unowned(unsafe) var connection: HTTP3Connection?
  private let authority: String
  private var pageStream: Int64 = -1
  private var reader: PageReader
  private var hasBegun = false
  /// The value of `Alt-Svc` in the page's head.
  public private(set) var alternative: String?

  /// A client that tells `handler`, which it holds until its end or `leave`.
  public init(_ handler: LaneLender, authority: String, path: String) {
    self.handler = handler
    self.authority = authority
    reader = PageReader(path: path)
  }

  /// The HTTP/3 connection below it, which keeps what the server says of itself where that is of interest.
  public func makeConnection(keepsSettings: Bool = false) -> HTTP3Connection {
    var limits = HTTP3Limits()
    limits.keepsSettings = keepsSettings
    let made = HTTP3Connection(isServer: false, self, limits, requestStreams: 0)
    connection = made
    return made
  }

  /// Tells the handler nothing any more.
  public func leave() { handler = nil }

  /// Whether all was read, or enough of it.
  public var isDone: Bool { reader.isDone }

  public override func opened(_ connection: HTTP3Connection) { handler?.reached(self) }

  /// Asks for the page; false when the site takes no request.
  public func begin() -> Bool {
    hasBegun = true
    pageStream = ask(reader.path) ?? -1
    return pageStream >= 0
  }

  private func ask(_ path: String) -> Int64? {
    let fields = [
      HTTPField(":method", "GET"), HTTPField(":scheme", "https"), HTTPField(":authority", authority),
      HTTPField(":path", path), HTTPField("accept", "*/*"),
    ]
    guard let stream = connection?.ask(fields, hasBody: false) else { return nil }
    reader.asked()
    return stream
  }

  public override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    // An interim answer (1xx) says nothing of the page.
    guard !head.isInterim else { return }
    if stream == pageStream { alternative = head.first("alt-svc") }
    handler?.progressed(self)
  }

  public override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard reader.read(bytes, isPage: stream == pageStream) else {
      connection.close()
      return 0
    }
    return bytes.count
  }

  public override func ended(_ connection: HTTP3Connection, stream: Int64) {
    guard stream == pageStream else { return }
    for target in reader.pageEnded() { _ = ask(target) }
  }

  public override func closed(_ connection: HTTP3Connection, stream: Int64, error: UInt64) {
    if stream & 3 == 0 { reader.closed() }
  }

  public override func over(_ connection: HTTP3Connection, _ reason: CloseReason) {
    self.connection = nil
    if hasBegun { handler?.over(reason) } else { handler?.missed(self, reason) }
    handler = nil
  }
}
