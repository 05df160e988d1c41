// SPDX-License-Identifier: Apache-2.0

/// One setting of HTTP/3 (RFC 9114, 7.2.4), as it stands in a SETTINGS frame.
public struct HTTP3Setting: Hashable, Sendable {
  /// QPACK's dynamic table, bytes (RFC 9204, 5).
  public static let tableCapacity: UInt64 = 1
  /// Bytes of the fields of a head.
  public static let fieldSectionSize: UInt64 = 6
  /// Streams that may wait for QPACK's table.
  public static let blockedStreams: UInt64 = 7
  /// Extended CONNECT (RFC 9220).
  public static let connectProtocol: UInt64 = 8

  /// Number of the setting; both are below 2 to the power of 62.
  public let id: UInt64
  /// Its value.
  public let value: UInt64

  /// A setting.
  public init(_ id: UInt64, _ value: UInt64) {
    self.id = id
    self.value = value
  }
}
