// SPDX-License-Identifier: Apache-2.0
import HTXTickets

/// The dialling side of one HTTP/2 connection: a request with the ticket, and then one request for each lane.
public final class ClientConnection {
  private let streams: ClientStreams
  private let connection: HTTP2Connection

  /// A connection to a site; `handler` outlives it. Nil without memory.
  public init?(_ target: ClientTarget, _ ticket: IssuedTicket, _ handler: LaneHandler) {
    streams = ClientStreams(target, ticket, handler)
    guard let connection = HTTP2Connection(isServer: false, streams) else { return nil }
    self.connection = connection
    streams.connection = connection
    guard streams.begin() else { return nil }
  }

  /// Takes bytes that arrived; false when the connection has to end after what is left to send.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> Bool { connection.receive(bytes) }

  /// The next bytes to send, valid until the next call; nil when there are none.
  public func send() -> UnsafeRawBufferPointer? {
    streams.askLanes()
    return connection.send()
  }

  /// Whether there is still something to receive or to send.
  public var isAlive: Bool { connection.isAlive }

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
}

/// Where a client's requests go.
public struct ClientTarget: Sendable {
  /// Host and port, for `:authority`.
  public let authority: String
  /// Path of the requests, beginning with a slash.
  public let path: String
  /// Name of the cookie that a ticket may travel in.
  public let cookie: String

  /// A target.
  public init(authority: String, path: String, cookie: String) {
    self.authority = authority
    self.path = path
    self.cookie = cookie
  }
}
