// SPDX-License-Identifier: Apache-2.0

/// The hour, UTC, that a ticket is made for: whole hours since 1970.
public struct TicketHour: Hashable, Comparable, Sendable {
  /// Hours since 1970-01-01T00:00Z.
  public let number: UInt64

  /// An hour by its number.
  public init(_ number: UInt64) { self.number = number }

  /// The hour of a Unix time in seconds; times before 1970 count as 1970.
  public init(unixSeconds: Int64) { number = UInt64(max(0, unixSeconds)) / 3600 }

  /// Hours that a server takes when this is the present one: the one before, this, the next (Betanet 1.1, 5.2).
  public var accepted: [TicketHour] { [TicketHour(number == 0 ? 0 : number - 1), self, TicketHour(number &+ 1)] }

  /// The earlier one.
  public static func < (left: TicketHour, right: TicketHour) -> Bool { left.number < right.number }
}
