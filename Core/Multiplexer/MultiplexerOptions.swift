// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// The figures a multiplexer works with.
public struct MultiplexerOptions: Sendable {
  /// Weights of the classes for the round robin, by raw value.
  public var weights = [1, 16, 16, 8, 2, 1]
  /// Bytes a class may hold that are not yet confirmed, where `queues` says nothing; a single larger message is taken
  /// when nothing else waits.
  public var sendBuffer = 4 << 20
  /// The limits and drop rules of the classes, by raw value.
  public var queues: [QueueRule] = []
  /// What is allowed to the peer; the same that the session tells it.
  public var parameters = PeerParameters()
  /// Releases are told to the peer at once when this share of the window was used, else after `releaseDelay`.
  public var releaseShare: UInt64 = 8
  /// Nanoseconds a confirmation of delivery may wait.
  public var releaseDelay: UInt64 = 5_000_000
  /// Unreliable messages that may wait in one stream, bytes; the oldest go first.
  public var datagramQueue = 256 << 10

  /// The defaults.
  public init() {}
}
