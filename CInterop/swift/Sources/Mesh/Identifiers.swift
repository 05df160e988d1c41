// SPDX-License-Identifier: Apache-2.0

/// A peer of a node; valid as long as the node is open. One that is not answers `.stale`.
public struct Peer: RawRepresentable, Hashable, Sendable {
  /// The number that `mesh.h` knows it by.
  public var rawValue: UInt64
  /// The peer of a number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A message that was accepted for sending, or has arrived.
public struct MessageID: RawRepresentable, Hashable, Sendable {
  /// The number that `mesh.h` knows it by.
  public var rawValue: UInt64
  /// The message of a number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A stream, opened by either side.
public struct StreamID: RawRepresentable, Hashable, Sendable {
  /// The number that `mesh.h` knows it by.
  public var rawValue: UInt64
  /// The stream of a number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A request, asked or answered here.
public struct RequestID: RawRepresentable, Hashable, Sendable {
  /// The number that `mesh.h` knows it by.
  public var rawValue: UInt64
  /// The request of a number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}
