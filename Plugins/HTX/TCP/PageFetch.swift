// SPDX-License-Identifier: Apache-2.0

/// One HTTP/2 connection that reads a page of a site and what the page shows, as any visitor does.
public final class PageFetch {
  private let streams: PageStreams
  private let connection: HTTP2Connection

  /// A connection that asks for `path`. Nil without memory.
  public init?(authority: String, path: String) {
    streams = PageStreams(authority: authority, path: path)
    guard let connection = HTTP2Connection(isServer: false, streams) else { return nil }
    self.connection = connection
    streams.connection = connection
    guard streams.begin() else { return nil }
  }

  /// Takes bytes that arrived; false when the connection has to end.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    connection.receive(bytes) && connection.isAlive && !streams.reader.isTooMuch
  }

  /// The next bytes to send, valid until the next call; nil when there are none.
  public func send() -> UnsafeRawBufferPointer? { connection.send() }

  /// Whether all was read, or enough of it.
  public var isDone: Bool { streams.reader.isDone }

  /// What the site's server began with; nil before it has said.
  public var settings: [ServerSettings.Entry]? { connection.remoteSettings }

  /// Whether the head of the page's answer has come, or never will.
  public var hasHead: Bool { streams.hasHead || isDone }

  /// What that head says of other ways to the site (`Alt-Svc`); nil where it says nothing.
  public var alternative: String? { streams.alternative }

  /// Says goodbye.
  public func shut() { connection.shut(.none) }
}
