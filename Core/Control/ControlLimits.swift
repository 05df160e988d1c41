// SPDX-License-Identifier: Apache-2.0

/// What one control connection may use.
public struct ControlLimits: Sendable {
  /// Bytes of one message, without its length.
  public var message = 1 << 20
  /// Bytes of `data` in one message.
  public var chunk = 64 << 10
  /// Calls under way on one connection.
  public var calls = 64
  /// Bytes of output that wait for the client before it is no longer read from.
  public var output = 1 << 20
  /// Nanoseconds for the rest of a message to arrive, and for waiting output to be taken.
  public var stall: UInt64 = 10_000_000_000
  /// Nanoseconds a connection may be without any call.
  public var idle: UInt64 = 300_000_000_000

  /// The defaults of a daemon.
  public init() {}
}
