// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXQUIC

/// What a server of HTTP/3 says of itself to everybody: the settings of HTTP/3 in their order, and the transport
/// parameters of QUIC, to which the idle timeout belongs.
public struct HTTP3ServerSettings: Equatable, Sendable {
  /// As they stand in the SETTINGS frame.
  public let settings: [HTTP3Setting]
  /// As ngtcp2 keeps them: neither their order nor those that it does not know.
  public let parameters: TransportParameters

  /// Those of another server, whole; nil when `obstacle` names one that cannot be taken.
  public init?(_ settings: [HTTP3Setting], _ parameters: TransportParameters) {
    guard Self.obstacle(settings, parameters) == nil else { return nil }
    self.settings = settings
    self.parameters = parameters
  }

  /// What can be taken of each setting: that with which links work and visitors use no more memory. Extended CONNECT and
  /// DATAGRAM (0x33), which are not had, are refused; heads are bounded by this server, whatever is announced.
  private static let ranges: [UInt64: ClosedRange<UInt64>] = [
    HTTP3Setting.tableCapacity: 0...65_536, HTTP3Setting.blockedStreams: 0...256,
    HTTP3Setting.fieldSectionSize: 16_384...(1 << 62) - 1, HTTP3Setting.connectProtocol: 0...0, 0x33: 0...0,
  ]

  /// The same for parameters. A link is quiet for 30 s between two pings of its session, and longer when one is lost; ngtcp2
  /// keeps one-way streams for ever (before 0.13.1), and at most eight connection ids.
  private static let limits:
    [(name: String, value: @Sendable (TransportParameters) -> UInt64, range: ClosedRange<UInt64>)] = [
      ("max_idle_timeout", \.idleTimeout, 45_000...600_000), ("max_udp_payload_size", \.payloadSize, 1200...65_527),
      ("initial_max_data", \.connectionWindow, 131_072...16 << 20),
      ("initial_max_stream_data_bidi_local", \.localStreamWindow, 0...16 << 20),
      ("initial_max_stream_data_bidi_remote", \.remoteStreamWindow, 16_384...2 << 20),
      ("initial_max_stream_data_uni", \.oneWayStreamWindow, 4096...16 << 20),
      ("initial_max_streams_bidi", \.bidirectionalStreams, 16...256),
      ("initial_max_streams_uni", \.unidirectionalStreams, 3...128),
      ("ack_delay_exponent", \.acknowledgementExponent, 0...10),
      ("max_ack_delay", \.acknowledgementDelay, 1...200),
      ("active_connection_id_limit", \.connectionIDs, 2...8),
      ("max_datagram_frame_size", \.datagramSize, 0...65_535),
    ]

  /// What cannot be followed, for people; nil when all of it can.
  public static func obstacle(_ settings: [HTTP3Setting], _ parameters: TransportParameters) -> String? {
    guard !settings.isEmpty, settings.count <= 16, Set(settings.map(\.id)).count == settings.count else {
      return "a list of \(settings.count) settings"
    }
    for setting in settings where !isReserved(setting.id) && ranges[setting.id]?.contains(setting.value) != true {
      return "setting \(setting.id)=\(setting.value)"
    }
    if parameters.forbidsMigration { return "disable_active_migration" }
    if parameters.hasPreferredAddress { return "preferred_address" }
    for limit in limits where !limit.range.contains(limit.value(parameters)) {
      return "\(limit.name)=\(limit.value(parameters))"
    }
    return nil
  }

  /// Numbers that mean nothing, so that nobody takes their absence for granted (RFC 9114, 7.2.4.1).
  private static func isReserved(_ id: UInt64) -> Bool { id >= 0x21 && (id - 0x21) % 0x1F == 0 }

  /// Both lists, for people.
  public static func text(_ settings: [HTTP3Setting], _ parameters: TransportParameters) -> String {
    let first = settings.map { "\($0.id)=\($0.value)" }
    return (first + limits.map { "\($0.name)=\($0.value(parameters))" }).joined(separator: " ")
  }
}
