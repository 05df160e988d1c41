// SPDX-License-Identifier: Apache-2.0

/// What an endpoint has done so far.
public struct EndpointFigures: Sendable, Equatable {
  /// Packets that came.
  public var packetsReceived: UInt64 = 0
  /// Bytes in them.
  public var bytesReceived: UInt64 = 0
  /// Packets that the sink took.
  public var packetsSent: UInt64 = 0
  /// Bytes in them.
  public var bytesSent: UInt64 = 0
  /// Calls of the sink that took them.
  public var trainsSent: UInt64 = 0
  /// Handshakes confirmed.
  public var handshakes: UInt64 = 0
  /// Packets that belonged to no connection and began none.
  public var strays: UInt64 = 0
  /// Clients that were turned away because there were too many.
  public var refusals: UInt64 = 0
  /// Connections that ended because they held too much memory.
  public var overloads: UInt64 = 0
  /// Retry packets sent.
  public var retries: UInt64 = 0
  /// Stateless resets sent.
  public var resets: UInt64 = 0
  /// Version Negotiation packets sent.
  public var versionNegotiations: UInt64 = 0

  /// Nothing yet.
  public init() {}
}
