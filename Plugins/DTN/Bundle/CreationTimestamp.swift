// SPDX-License-Identifier: Apache-2.0

/// When a bundle was made, and its number among those of the same millisecond (RFC 9171 section 4.2.7).
public struct CreationTimestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 2000-01-01T00:00:00Z; 0 when the node had no clock.
  public var time: UInt64
  /// Tells bundles of the same source and time apart.
  public var sequence: UInt64

  /// Seconds from the Unix epoch to that of bundles.
  public static let unixOffset: UInt64 = 946_684_800

  /// A timestamp.
  public init(time: UInt64, sequence: UInt64) {
    self.time = time
    self.sequence = sequence
  }

  /// By time, then by number.
  public static func < (one: CreationTimestamp, other: CreationTimestamp) -> Bool {
    (one.time, one.sequence) < (other.time, other.sequence)
  }

  init(from reader: inout ItemReader) throws(BundleError) {
    guard try reader.array("a creation timestamp") == 2 else {
      throw reader.malformed("a creation timestamp is not a pair")
    }
    time = try reader.unsigned("a creation time")
    sequence = try reader.unsigned("a sequence number")
  }

  func write(to writer: inout ItemWriter) {
    writer.array(2)
    writer.unsigned(time)
    writer.unsigned(sequence)
  }
}
