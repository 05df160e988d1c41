// SPDX-License-Identifier: Apache-2.0

/// Limits of a gate.
public struct TicketLimits: Sendable {
  /// Tickets that a network may show at once.
  public var burst = 32
  /// Tickets a second that it may show in the long run.
  public var perSecond = 0.5
  /// Networks that have a bucket of their own.
  public var networks = 4096
  /// Tickets that are remembered of each hour.
  public var perHour = 16_384

  /// The limits as they are without configuration.
  public init() {}
}
