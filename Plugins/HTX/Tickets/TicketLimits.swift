// SPDX-License-Identifier: Apache-2.0

/// Limits of a gate.
public struct TicketLimits: Sendable {
  /// Good tickets that a network may show at once, and as many with a key that the site does not have.
  public var burst = 32
  /// The same for each second of the long run.
  public var perSecond = 0.5
  /// Networks that have a bucket of their own.
  public var networks = 4096
  /// Tickets that are remembered of each hour.
  public var perHour = 16_384

  /// The limits as they are without configuration.
  public init() {}
}
