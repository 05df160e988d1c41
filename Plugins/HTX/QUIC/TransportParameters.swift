// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// The transport parameters (RFC 9000, 18.2) by which implementations differ: what one end says of itself.
///
/// ngtcp2 0.12 keeps neither their order nor those that it does not know, so neither can be said again.
public struct TransportParameters: Hashable, Sendable {
  /// Milliseconds without a packet after which the connection is gone; 0 for never.
  public var idleTimeout: UInt64
  /// Longest UDP payload taken, bytes.
  public var payloadSize: UInt64
  /// Bytes that may be sent before any was consumed, over all streams.
  public var connectionWindow: UInt64
  /// The same for a stream that this end opens.
  public var localStreamWindow: UInt64
  /// The same for a stream that the other end opens, both ways.
  public var remoteStreamWindow: UInt64
  /// The same for one-way streams.
  public var oneWayStreamWindow: UInt64
  /// Streams both ways that the other end may open.
  public var bidirectionalStreams: UInt64
  /// One-way streams that it may open.
  public var unidirectionalStreams: UInt64
  /// Power of two by which delays of acknowledgements are divided.
  public var acknowledgementExponent: UInt64
  /// Milliseconds by which acknowledgements are put off at most.
  public var acknowledgementDelay: UInt64
  /// Connection ids that are kept.
  public var connectionIDs: UInt64
  /// Longest DATAGRAM frame taken (RFC 9221); 0 for none.
  public var datagramSize: UInt64
  /// Whether the other end is to stay at its address.
  public var forbidsMigration: Bool
  /// Whether another address is offered.
  public var hasPreferredAddress: Bool

  /// What the plugin's servers say unless they are told otherwise.
  public init() {
    idleTimeout = 75_000
    payloadSize = 65_527
    connectionWindow = 8 << 20
    (localStreamWindow, remoteStreamWindow, oneWayStreamWindow) = (65_536, 65_536, 65_536)
    (bidirectionalStreams, unidirectionalStreams) = (128, 8)
    (acknowledgementExponent, acknowledgementDelay, connectionIDs, datagramSize) = (3, 25, 2, 0)
    (forbidsMigration, hasPreferredAddress) = (false, false)
  }

  init(_ raw: cquic_parameters) {
    idleTimeout = raw.max_idle_timeout
    payloadSize = raw.max_udp_payload_size
    connectionWindow = raw.initial_max_data
    localStreamWindow = raw.initial_max_stream_data_bidi_local
    remoteStreamWindow = raw.initial_max_stream_data_bidi_remote
    oneWayStreamWindow = raw.initial_max_stream_data_uni
    bidirectionalStreams = raw.initial_max_streams_bidi
    unidirectionalStreams = raw.initial_max_streams_uni
    acknowledgementExponent = raw.ack_delay_exponent
    acknowledgementDelay = raw.max_ack_delay
    connectionIDs = raw.active_connection_id_limit
    datagramSize = raw.max_datagram_frame_size
    forbidsMigration = raw.disable_active_migration != 0
    hasPreferredAddress = raw.has_preferred_address != 0
  }

  /// For the C side.
  var raw: cquic_parameters {
    var raw = cquic_parameters()
    raw.max_idle_timeout = idleTimeout
    raw.max_udp_payload_size = payloadSize
    raw.initial_max_data = connectionWindow
    raw.initial_max_stream_data_bidi_local = localStreamWindow
    raw.initial_max_stream_data_bidi_remote = remoteStreamWindow
    raw.initial_max_stream_data_uni = oneWayStreamWindow
    raw.initial_max_streams_bidi = bidirectionalStreams
    raw.initial_max_streams_uni = unidirectionalStreams
    raw.ack_delay_exponent = acknowledgementExponent
    raw.max_ack_delay = acknowledgementDelay
    raw.active_connection_id_limit = connectionIDs
    raw.max_datagram_frame_size = datagramSize
    raw.disable_active_migration = forbidsMigration ? 1 : 0
    return raw
  }
}

extension Connection {
  /// What the other end has said; nil before the handshake is confirmed and after the end.
  public var remoteParameters: TransportParameters? {
    var parameters = cquic_parameters()
    guard let raw, cquic_remote_parameters(raw, &parameters) == 0 else { return nil }
    return TransportParameters(parameters)
  }
}
