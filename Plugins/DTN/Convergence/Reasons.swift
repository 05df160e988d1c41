// SPDX-License-Identifier: Apache-2.0

/// Why a transfer is not taken (RFC 9174 section 5.2.4). Codes that are not named here are kept.
public struct RefusalReason: RawRepresentable, Hashable, Sendable {
  /// The code on the wire.
  public let rawValue: UInt8
  /// A reason by its code.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No reason is given.
  public static let unknown = RefusalReason(rawValue: 0)
  /// The receiver has the whole bundle already: as good as taken.
  public static let completed = RefusalReason(rawValue: 1)
  /// There is no room: later may do.
  public static let noResources = RefusalReason(rawValue: 2)
  /// Something went wrong: the transfer is to be begun again.
  public static let retransmit = RefusalReason(rawValue: 3)
  /// The bundle is one that this receiver will never take.
  public static let notAcceptable = RefusalReason(rawValue: 4)
  /// An extension item of the transfer cannot be processed.
  public static let extensionFailure = RefusalReason(rawValue: 5)
  /// The session is being ended: another one may do.
  public static let sessionTerminating = RefusalReason(rawValue: 6)
}

/// Why a session ends (RFC 9174 section 6.1). Codes that are not named here are kept.
public struct TerminationReason: RawRepresentable, Hashable, Sendable {
  /// The code on the wire.
  public let rawValue: UInt8
  /// A reason by its code.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No reason is given.
  public static let unknown = TerminationReason(rawValue: 0)
  /// Nothing was to be transferred for long, or nothing was heard.
  public static let idleTimeout = TerminationReason(rawValue: 1)
  /// The versions do not meet.
  public static let versionMismatch = TerminationReason(rawValue: 2)
  /// The node has too much to do.
  public static let busy = TerminationReason(rawValue: 3)
  /// What the peer says of itself is not what is asked for.
  public static let contactFailure = TerminationReason(rawValue: 4)
  /// The node has run out of something.
  public static let resourceExhaustion = TerminationReason(rawValue: 5)
}

/// Why a message is rejected (RFC 9174 section 5.1.2).
enum RejectionReason: UInt8 {
  case unknownType = 1
  case unsupported = 2
  case unexpected = 3
}
