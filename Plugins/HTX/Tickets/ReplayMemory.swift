// SPDX-License-Identifier: Apache-2.0
import MeshCrypto

/// The tickets that were used, by the hour they were made for.
///
/// Eight hours have a place, hour modulo 8, though a ticket is valid for three at most: so a clock that is set back does
/// not make a used ticket good again. A later hour takes the place of an earlier one and never the other way round.
///
/// A ticket is known by its value and not by the client's key: other bytes of that key (its highest bit, a point of low
/// order added) give the same value.
struct ReplayMemory {
  /// Hours that have a place.
  static let places = 8
  /// Tickets of one record on disk.
  static let recordEntries = 256
  private static let headBytes = 9
  private static let entryBytes = 16

  /// What stands for a ticket: the first 16 bytes of its value's SHA-256.
  struct Entry: Hashable {
    let high: UInt64
    let low: UInt64

    init(value: [UInt8]) {
      let digest = SHA256.hash(value)
      self.init(bytes: digest[..<16])
    }

    init(bytes: ArraySlice<UInt8>) {
      high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
      low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    func append(to bytes: inout [UInt8]) {
      withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
    }
  }

  private struct Place {
    var hour: TicketHour
    var known: Set<Entry> = []
    /// The record that is being filled: version 1, the hour in 8 bytes, big-endian, and 16 bytes for each ticket.
    var last: [UInt8]
    var record = 0

    init(hour: TicketHour) {
      self.hour = hour
      last = [1]
      withUnsafeBytes(of: hour.number.bigEndian) { last.append(contentsOf: $0) }
    }

    var isEmpty: Bool { known.isEmpty }
    var isFull: Bool { last.count == headBytes + entryBytes * recordEntries }

    func check(_ entry: Entry, _ wanted: TicketHour) throws(TicketRefusal) {
      guard hour == wanted, !known.contains(entry) else { throw .replayed }
    }

    mutating func remember(
      _ entry: Entry, _ wanted: TicketHour, at number: Int, perHour: Int
    ) throws(TicketRefusal) -> ReplayRecord {
      try check(entry, wanted)
      guard known.count < perHour else { throw .memoryFull }
      if isFull {
        last.removeSubrange(headBytes...)
        record += 1
      }
      known.insert(entry)
      entry.append(to: &last)
      return ReplayRecord(place: number, number: record, bytes: last)
    }
  }

  private let perHour: Int
  private var held = [Place](repeating: Place(hour: TicketHour(0)), count: places)

  /// Remembers up to `perHour` tickets of each hour.
  init(perHour: Int) { self.perHour = max(1, perHour) }

  /// Tickets that are remembered.
  var count: Int { held.reduce(0) { $0 + $1.known.count } }

  /// Refuses a ticket that was used, or whose hour gave its place to a later one.
  func check(_ entry: Entry, hour: TicketHour) throws(TicketRefusal) {
    let number = Self.place(of: hour)
    if held[number].hour < hour || held[number].isEmpty { return }
    try held[number].check(entry, hour)
  }

  /// Remembers a ticket and returns the record that has to be on disk before it opens anything.
  mutating func remember(_ entry: Entry, hour: TicketHour) throws(TicketRefusal) -> ReplayRecord {
    let number = Self.place(of: hour)
    if held[number].hour < hour || held[number].isEmpty { held[number] = Place(hour: hour) }
    // In its place: a copy of the set for every ticket would cost more than the ticket.
    return try held[number].remember(entry, hour, at: number, perHour: perHour)
  }

  /// What a record from disk is.
  enum Restored {
    /// One that this memory now has.
    case taken
    /// One of another hour than the record before it: this place has no more.
    case over
    /// None, or one behind a record that is not full: what was used in its hour is not known.
    case damaged
  }

  /// Takes a record from disk.
  mutating func restore(_ bytes: [UInt8], place number: Int, record: Int) -> Restored {
    guard let (hour, entries) = Self.decode(bytes), Self.place(of: hour) == number else { return .damaged }
    // Another load of the plugin may have come to a later hour meanwhile.
    if held[number].isEmpty || record == 0 && held[number].hour < hour { held[number] = Place(hour: hour) }
    guard held[number].hour == hour else { return .over }
    guard record == 0 || held[number].isFull else { return .damaged }
    held[number].known.formUnion(entries)
    held[number].last = bytes
    held[number].record = record
    return .taken
  }

  /// Where the tickets of an hour are.
  static func place(of hour: TicketHour) -> Int { Int(hour.number % UInt64(places)) }

  private static func decode(_ bytes: [UInt8]) -> (TicketHour, [Entry])? {
    guard bytes.count >= headBytes + entryBytes, bytes[0] == 1, (bytes.count - headBytes) % entryBytes == 0,
      bytes.count <= headBytes + entryBytes * recordEntries
    else { return nil }
    let hour = TicketHour(bytes[1..<headBytes].reduce(0) { $0 << 8 | UInt64($1) })
    let starts = stride(from: headBytes, to: bytes.count, by: entryBytes)
    return (hour, starts.map { Entry(bytes: bytes[$0..<$0 + entryBytes]) })
  }
}
