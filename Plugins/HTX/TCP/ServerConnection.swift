// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets

/// The server's side of one HTTP/2 connection: the site for everybody, and lanes for whoever showed a ticket.
///
/// A lane is a POST whose bodies stay open both ways. Extended CONNECT (RFC 8441) would have to be announced in the
/// settings, to everybody and before any ticket; no small static site does that.
public final class ServerConnection {
  private let streams: ServerStreams
  private let connection: HTTP2Connection

  /// Frames that may wait to be sent before whoever makes them wait is sent away: twice as many as his 128 requests and
  /// the answers to his pings need.
  private static let queueLimit = 1024

  /// A connection that serves `site`; `handler` outlives it. Nil without memory.
  ///
  /// - Parameter clock: Unix seconds.
  public init?(
    _ site: Site, _ handler: LaneHandler, settings: ServerSettings = .nginx, clock: @escaping () -> Int64
  ) {
    streams = ServerStreams(site, handler, clock)
    guard let connection = HTTP2Connection(isServer: true, streams, settings: settings) else { return nil }
    self.connection = connection
    streams.connection = connection
  }

  /// Takes bytes that arrived; false when the connection has to end after what is left to send.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let isGood = connection.receive(bytes)
    streams.tidy()
    if streams.isHeadTooLarge {
      connection.shut(.calm)
      return false
    }
    return isGood && !streams.isOverused && connection.queued <= Self.queueLimit
  }

  /// The next bytes to send, valid until the next call; nil when there are none.
  public func send() -> UnsafeRawBufferPointer? { connection.send() }

  /// Whether there is still something to receive or to send.
  public var isAlive: Bool { connection.isAlive }

  /// The outcome of a ticket that was waited for: lanes may be opened from now on, or never.
  public func settle(admitted: Bool) { streams.settle(admitted) }

  /// The lane has something to send again.
  public func resume(_ lane: Int) { streams.resume(lane) }

  /// Whether the other end has no window for a lane.
  public func isHeldUp(_ lane: Int) -> Bool { streams.isHeldUp(lane) }

  /// Bytes of a lane that were kept back are gone: the windows get them.
  public func consume(_ lane: Int, _ count: Int) { streams.consume(lane, count) }

  /// Says goodbye.
  public func shut() { connection.shut(.none) }

  /// Asks for a sign of life.
  public func ping() { connection.ping() }

  /// How far it has come.
  public var progress: VisitorProgress { streams.progress }

  /// Requests that have no whole answer yet.
  public var pending: Int { streams.count }
}
