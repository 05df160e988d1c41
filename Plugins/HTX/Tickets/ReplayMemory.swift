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
    /// The entries of the record that is being filled.
    var last: [Entry] = []
    var record = 0
  }

  private let perHour: Int
  private var held: [Place?] = Array(repeating: nil, count: places)

  /// Remembers up to `perHour` tickets of each hour.
  init(perHour: Int) { self.perHour = max(1, perHour) }

  /// Tickets that are remembered.
  var count: Int { held.reduce(0) { $0 + ($1?.known.count ?? 0) } }

  /// Remembers a ticket and returns the record that has to be on disk before it opens anything.
  mutating func remember(_ entry: Entry, hour: TicketHour) throws(TicketRefusal) -> ReplayRecord {
    let number = Int(hour.number % UInt64(Self.places))
    var place = held[number] ?? Place(hour: hour)
    if place.hour < hour { place = Place(hour: hour) }
    guard place.hour == hour, !place.known.contains(entry) else { throw .replayed }
    guard place.known.count < perHour else { throw .memoryFull }
    if place.last.count == Self.recordEntries {
      place.last.removeAll(keepingCapacity: true)
      place.record += 1
    }
    place.known.insert(entry)
    place.last.append(entry)
    held[number] = place
    return ReplayRecord(place: number, number: place.record, bytes: Self.encode(hour, place.last))
  }

  /// Takes a record from disk. False when it is none, or continues another hour than the one before it: then this place
  /// has no more.
  mutating func restore(_ bytes: [UInt8], place number: Int, record: Int) -> Bool {
    guard let (hour, entries) = Self.decode(bytes), Int(hour.number % UInt64(Self.places)) == number else {
      return false
    }
    var place = held[number] ?? Place(hour: hour)
    guard place.hour == hour, record == 0 || place.last.count == Self.recordEntries else { return false }
    place.known.formUnion(entries)
    place.last = entries
    place.record = record
    held[number] = place
    return true
  }

  /// Version 1, the hour in 8 bytes, big-endian, and 16 bytes for each ticket.
  private static func encode(_ hour: TicketHour, _ entries: [Entry]) -> [UInt8] {
    var bytes: [UInt8] = [1]
    bytes.reserveCapacity(9 + 16 * entries.count)
    withUnsafeBytes(of: hour.number.bigEndian) { bytes.append(contentsOf: $0) }
    for entry in entries { entry.append(to: &bytes) }
    return bytes
  }

  private static func decode(_ bytes: [UInt8]) -> (TicketHour, [Entry])? {
    guard bytes.count >= 25, bytes[0] == 1, (bytes.count - 9) % 16 == 0, bytes.count <= 9 + 16 * recordEntries else {
      return nil
    }
    let hour = TicketHour(bytes[1..<9].reduce(0) { $0 << 8 | UInt64($1) })
    return (hour, stride(from: 9, to: bytes.count, by: 16).map { Entry(bytes: bytes[$0..<$0 + 16]) })
  }
}
