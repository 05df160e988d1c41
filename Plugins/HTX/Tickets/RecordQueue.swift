// SPDX-License-Identifier: Apache-2.0

/// Records of used tickets on their way to the disk, one at a time. Tickets that are admitted meanwhile share the next
/// one: a disk that syncs slowly delays links and does not limit how many come up.
public struct RecordQueue {
  private struct Entry {
    var record: ReplayRecord
    var waiting: [UInt64]
  }

  private var entries: [Entry] = []
  /// The one that is being written.
  private var written: Entry?
  /// Nothing is written before the next ticket: the disk has failed.
  private var isPaused = false

  /// An empty queue.
  public init() {}

  /// Whether a record is on its way to the disk.
  public var isWriting: Bool { written != nil }

  /// Adds the record of a ticket that `waiting` stands for. A record has everything that earlier ones of its key have.
  public mutating func add(_ record: ReplayRecord, for waiting: UInt64) {
    isPaused = false
    guard let same = entries.firstIndex(where: { $0.record.key == record.key }) else {
      return entries.append(Entry(record: record, waiting: [waiting]))
    }
    entries[same].record = record
    entries[same].waiting.append(waiting)
  }

  /// The record to write now; nil when there is none, or one is being written.
  public mutating func next() -> ReplayRecord? {
    guard written == nil, !isPaused, !entries.isEmpty else { return nil }
    let entry = entries.removeFirst()
    written = entry
    return entry.record
  }

  /// The record that was being written is on disk. Returns who waited for it, in their order.
  public mutating func finish() -> [UInt64] {
    defer { written = nil }
    return written?.waiting ?? []
  }

  /// The record that was being written is not on disk. Returns everybody who waits, in their order: none of them goes on.
  /// The records stay, and the next ticket's comes behind them: after a restart they are read one after another, and what
  /// stands behind one that is missing would be forgotten.
  public mutating func fail() -> [UInt64] {
    guard var failed = written else { return [] }
    written = nil
    isPaused = true
    let waiting = failed.waiting + entries.flatMap(\.waiting)
    for index in entries.indices { entries[index].waiting = [] }
    failed.waiting = []
    // One of the same key has all of it and takes its place.
    if let same = entries.firstIndex(where: { $0.record.key == failed.record.key }) {
      failed.record = entries.remove(at: same).record
    }
    entries.insert(failed, at: 0)
    return waiting
  }
}
