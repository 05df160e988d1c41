// SPDX-License-Identifier: Apache-2.0

/// What a gate counts.
public struct TicketFigures: Sendable {
  /// Tickets that opened a connection.
  public internal(set) var admitted: UInt64 = 0
  /// Tickets with a wrong key or value.
  public private(set) var wrong: UInt64 = 0
  /// Tickets that were used before.
  public private(set) var replayed: UInt64 = 0
  /// Tickets of networks that ask too often.
  public private(set) var overRate: UInt64 = 0
  /// Good tickets for which there was no memory.
  public private(set) var memoryFull: UInt64 = 0

  mutating func count(_ refusal: TicketRefusal) {
    switch refusal {
    case .unknownKey, .wrongValue: wrong += 1
    case .replayed: replayed += 1
    case .overRate: overRate += 1
    case .memoryFull, .memoryUnread: memoryFull += 1
    }
  }
}
