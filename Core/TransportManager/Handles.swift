// SPDX-License-Identifier: Apache-2.0

/// A number that the node gives a peer. Opaque to this module, never used twice.
public struct PeerHandle: Hashable, Sendable, RawRepresentable {
  /// The node's number.
  public let rawValue: UInt64

  /// Wraps the node's number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// The host's 64-bit link id (slot and generation). Opaque to this module, never used twice.
public struct LinkHandle: Hashable, Sendable, RawRepresentable {
  /// The host's id.
  public let rawValue: UInt64

  /// Wraps the host's id.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// One try to open a link, numbered by the transport manager, never used twice.
public struct AttemptHandle: Hashable, Sendable, RawRepresentable {
  /// The manager's number, from 1.
  public let rawValue: UInt64

  /// Wraps a number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}
