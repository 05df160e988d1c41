// SPDX-License-Identifier: Apache-2.0

/// What holds for a whole bundle (RFC 9171 section 4.2.3). Unknown bits are kept and mean nothing.
public struct BundleFlags: OptionSet, Hashable, Sendable {
  /// One bit a flag.
  public let rawValue: UInt64
  /// Flags from their bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The bundle is a fragment.
  public static let fragment = BundleFlags(rawValue: 0x1)
  /// Its payload is an administrative record.
  public static let administrative = BundleFlags(rawValue: 0x2)
  /// It may not be cut.
  public static let mustNotFragment = BundleFlags(rawValue: 0x4)
  /// The destination's application is asked to acknowledge it.
  public static let acknowledge = BundleFlags(rawValue: 0x20)
  /// Status reports are to tell times.
  public static let statusTime = BundleFlags(rawValue: 0x40)
  /// A report of its reception is wanted.
  public static let reportReception = BundleFlags(rawValue: 0x4000)
  /// A report of its forwarding is wanted.
  public static let reportForwarding = BundleFlags(rawValue: 0x1_0000)
  /// A report of its delivery is wanted.
  public static let reportDelivery = BundleFlags(rawValue: 0x2_0000)
  /// A report of its deletion is wanted.
  public static let reportDeletion = BundleFlags(rawValue: 0x4_0000)
  /// Every wish for a report.
  public static let reports: BundleFlags = [.reportReception, .reportForwarding, .reportDelivery, .reportDeletion]
}

/// What holds for one block (RFC 9171 section 4.2.4). Unknown bits are kept and mean nothing.
public struct BlockFlags: OptionSet, Hashable, Sendable {
  /// One bit a flag.
  public let rawValue: UInt64
  /// Flags from their bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Every fragment carries the block.
  public static let replicate = BlockFlags(rawValue: 0x1)
  /// A node that cannot process it reports that.
  public static let reportUnprocessed = BlockFlags(rawValue: 0x2)
  /// A node that cannot process it deletes the bundle.
  public static let deleteBundle = BlockFlags(rawValue: 0x4)
  /// A node that cannot process it leaves it out.
  public static let discardBlock = BlockFlags(rawValue: 0x10)
}
