// SPDX-License-Identifier: Apache-2.0
import CApplication

/// Copies of one flow's messages that the daemon has taken and not settled, in the order of their numbers.
///
/// They lie one behind the other in pieces of memory, which come and go with many of them.
final class RetainedMessages {
  private struct Piece {
    let start: UnsafeMutableRawPointer
    let size: Int
    var used = 0
  }
  private struct Entry {
    let id: UInt64
    let start: UnsafeMutableRawPointer
    let count: Int
    let deadline: UInt64
    let isTold: Bool
    var isSettled = false
  }
  private var pieces: [Piece] = []
  private var entries: [Entry] = []
  private var first = 0
  /// Memory that was used last, for the next piece.
  private var spare: Piece?
  private static let smallestPiece = 4096
  private static let largestPiece = 256 << 10

  deinit {
    for piece in pieces { piece.start.deallocate() }
    if let spare { spare.start.deallocate() }
  }

  /// Keeps a copy of a record. Numbers rise.
  func append(_ id: UInt64, _ record: UnsafeRawBufferPointer, isTold: Bool, deadline: UInt64) {
    if pieces.isEmpty || pieces[pieces.count - 1].used + record.count > pieces[pieces.count - 1].size {
      pieces.append(piece(for: record.count))
    }
    let last = pieces.count - 1
    let start = pieces[last].start + pieces[last].used
    if let bytes = record.baseAddress { start.copyMemory(from: bytes, byteCount: record.count) }
    pieces[last].used += record.count
    entries.append(Entry(id: id, start: start, count: record.count, deadline: deadline, isTold: isTold))
  }

  private func piece(for count: Int) -> Piece {
    if let piece = spare, piece.size >= count {
      spare = nil
      return piece
    }
    let size = max(count, min(max((pieces.last?.size ?? 0) * 2, Self.smallestPiece), Self.largestPiece))
    return Piece(start: .allocate(byteCount: size, alignment: 8), size: size)
  }

  /// All up to this number are settled.
  func settle(upTo id: UInt64) {
    while first < entries.count, entries[first].id <= id { dropFirst() }
    tidy()
  }

  /// Whether the application is to hear of a delivery; nil when the message is not kept.
  func isTold(_ id: UInt64) -> Bool? {
    index(of: id).flatMap { entries[$0].isSettled ? nil : entries[$0].isTold }
  }

  /// One is settled.
  func settle(_ id: UInt64) {
    guard let index = index(of: id) else { return }
    entries[index].isSettled = true
    while first < entries.count, entries[first].isSettled { dropFirst() }
    tidy()
  }

  /// What all of them cost.
  var cost: UInt64 {
    var sum: UInt64 = 0
    forEach { _, bytes, _ in sum &+= DaemonHome.cost(bytes.load(as: application_command.self)) }
    return sum
  }

  /// Whether it is kept.
  func contains(_ id: UInt64) -> Bool { index(of: id).map { !entries[$0].isSettled } ?? false }

  /// Visits each in order: its number, its record, and the monotonic nanoseconds of the end of its lifetime, 0 = none.
  func forEach(_ body: (UInt64, UnsafeRawBufferPointer, UInt64) -> Void) {
    for entry in entries[first...] where !entry.isSettled {
      body(entry.id, UnsafeRawBufferPointer(start: entry.start, count: entry.count), entry.deadline)
    }
  }

  private func index(of id: UInt64) -> Int? {
    if first < entries.count, entries[first].id == id { return first }
    var low = first
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].id == id ? low : nil
  }

  @inline(__always)
  private func dropFirst() {
    first += 1
    // The first piece is free once the next record lies in another.
    while pieces.count > 1, first == entries.count || !Self.holds(pieces[0], entries[first].start) {
      let piece = pieces.removeFirst()
      giveBack(piece)
    }
  }

  private static func holds(_ piece: Piece, _ address: UnsafeMutableRawPointer) -> Bool {
    address >= piece.start && address < piece.start + piece.size
  }

  private func giveBack(_ piece: Piece) {
    if spare == nil, piece.size == Self.largestPiece {
      spare = Piece(start: piece.start, size: piece.size)
    } else {
      piece.start.deallocate()
    }
  }

  private func tidy() {
    if first == entries.count {
      entries.removeAll(keepingCapacity: first <= 4096)
      first = 0
      if let last = pieces.popLast() {
        if last.size <= Self.largestPiece {
          pieces.append(Piece(start: last.start, size: last.size))
        } else {
          last.start.deallocate()
        }
      }
      if let spare { spare.start.deallocate() }
      spare = nil
    } else if first >= 1024, first * 2 >= entries.count {
      entries.removeFirst(first)
      first = 0
    }
  }
}
