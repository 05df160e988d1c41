// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// How an endpoint and its connections behave. Times are nanoseconds.
public struct EndpointOptions: Sendable {
  /// Bytes that the other end may send before this one has consumed any, over all streams of a connection.
  public var connectionWindow: UInt64 = 16 << 20
  /// The same for one stream.
  public var streamWindow: UInt64 = 4 << 20
  /// A connection without a packet for so long is gone; 0 for never.
  public var idleTimeout: UInt64 = 30_000_000_000
  /// A handshake that takes longer is given up.
  public var handshakeTimeout: UInt64 = 10_000_000_000
  /// A packet is sent after so long without one; 0 for never.
  public var keepAlive: UInt64 = 0
  /// Bidirectional streams that the other end may have open at once.
  public var bidirectionalStreams: UInt32 = 128
  /// One-way streams that the other end may open; ngtcp2 before 0.13.1 never closes them, so this is for ever.
  public var unidirectionalStreams: UInt32 = 8
  /// Longest DATAGRAM frame taken (RFC 9221); 0: none.
  public var datagramSize: UInt32 = 0
  /// Longest UDP payload sent, 1200 to 65527 bytes.
  public var payloadSize: UInt32 = 1452
  /// Sends `payloadSize` at once instead of probing the path up to it: for paths that are known to carry it.
  public var isPayloadFixed = false
  /// Zero bytes that a client adds to its ClientHello (RFC 7685), at most 4096; 0: the extension is left out.
  public var helloPadding: UInt16 = 0
  /// Connections at once, in all.
  public var connectionLimit = 4096
  /// Handshakes at once, of those that others began.
  public var handshakeLimit = 1024
  /// From so many handshakes on, a client has to prove its address first (Retry; RFC 9000, 8.1.2). 0: always.
  public var retryThreshold = 128
  /// Handshakes that clients may begin between two calls of `Endpoint.poll`; further first packets wait.
  public var handshakesPerPoll = Int.max
  /// What is said to the other end in place of the windows, streams, idle timeout and datagrams above.
  public var parameters: TransportParameters?
  /// What the ids of its connections are told by, where the port is shared (`UDPSocket.tag`); that of the endpoint's
  /// beginning counts.
  public var tag: ConnectionTag?
  /// The log of ngtcp2 on descriptor 2.
  public var isLogging = false

  /// The defaults.
  public init() {}

  func raw(secret: UnsafePointer<UInt8>, tag: UnsafePointer<cquic_tag>?) -> cquic_options {
    var flags: UInt32 = 0
    if isPayloadFixed { flags |= UInt32(CQUIC_FLAG_FIXED_PAYLOAD) }
    if parameters != nil { flags |= UInt32(CQUIC_FLAG_PARAMETERS) }
    if isLogging { flags |= UInt32(CQUIC_FLAG_LOG) }
    return cquic_options(
      connection_window: connectionWindow, stream_window: streamWindow, idle_timeout: idleTimeout,
      handshake_timeout: handshakeTimeout, keep_alive: keepAlive, secret: secret, tag: tag,
      bidirectional_streams: bidirectionalStreams, unidirectional_streams: unidirectionalStreams,
      datagram_size: datagramSize, payload_size: min(max(payloadSize, 1200), 65_527), flags: flags, version: 0,
      hello_padding: min(helloPadding, 4096), reserved: (0, 0, 0),
      parameters: parameters?.raw ?? cquic_parameters())
  }
}
