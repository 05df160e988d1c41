/// `session:` keys and life of end-to-end sessions.
public struct SessionSettings: Equatable, Sendable {
  /// New keys after this many packets in one direction.
  public var rekeyPackets: Int64
  /// New keys after this many bytes in one direction.
  public var rekeyBytes: Int64
  /// New keys after this time.
  public var rekeyAfter: Nanoseconds
  /// A packet is sent when a link was silent for this long; 0 for never.
  public var keepalive: Nanoseconds
  /// An unfinished handshake is given up after this time.
  public var handshakeTimeout: Nanoseconds
  /// The longest that an acknowledgement waits for company.
  public var ackDelay: Nanoseconds
}
