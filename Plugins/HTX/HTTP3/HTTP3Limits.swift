// SPDX-License-Identifier: Apache-2.0

/// What one connection may ask of this end.
public struct HTTP3Limits: Sendable {
  /// Bytes of the fields of one head; told to the other end. Four times as many end the stream.
  public var fieldSectionSize = 32_768
  /// What all heads count that have begun and are not whole.
  public var unfinishedHeads = 524_288
  /// Bytes of QPACK's dynamic table, and streams that may wait for it.
  public var tableCapacity: UInt32 = 4096
  /// Streams that may wait for the table.
  public var blockedStreams: UInt32 = 16
  /// Requests that may be taken back beyond those that were answered, before the connection is ended.
  public var resets = 100
  /// What is said in place of nghttp3's own list of the three above, in this order, and what then holds: the table and the
  /// waiting streams are those of the list. At most 16.
  public var settings: [HTTP3Setting]?
  /// Whether `HTTP3Connection.remoteSettings` is kept.
  public var keepsSettings = false

  /// The defaults: those of an ordinary server.
  public init() {}

  /// What the other end is promised of QPACK (RFC 9204, 5).
  func promised(_ setting: UInt64) -> UInt32 {
    guard let settings else { return setting == HTTP3Setting.tableCapacity ? tableCapacity : blockedStreams }
    return UInt32(clamping: settings.first { $0.id == setting }?.value ?? 0)
  }
}
