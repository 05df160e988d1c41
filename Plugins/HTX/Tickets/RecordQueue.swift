// SPDX-License-Identifier: Apache-2.0

/// Records of used tickets on their way to the disk, one at a time. Tickets that are admitted meanwhile share the next
/// one: a disk that syncs slowly delays links and does not limit how many come up.
public struct RecordQueue {
  private struct Entry {
    var record: ReplayRecord
    var waiting: [UInt64]
  }

  private var entries: [Entry] = []
  /// Who waits for the record that is being written; nil while none is.
  private var written: [UInt64]?

  /// An empty queue.
  public init() {}

  /// Adds the record of a ticket that `waiting` stands for. A record has everything that earlier ones of its key have.
  public mutating func add(_ record: ReplayRecord, for waiting: UInt64) {
    guard let last = entries.indices.last, entries[last].record.key == record.key else {
      return entries.append(Entry(record: record, waiting: [waiting]))
    }
    entries[last].record = record
    entries[last].waiting.append(waiting)
  }

  /// The record to write now; nil when there is none, or one is being written.
  public mutating func next() -> ReplayRecord? {
    guard written == nil, !entries.isEmpty else { return nil }
    let entry = entries.removeFirst()
    written = entry.waiting
    return entry.record
  }

  /// The record that was being written is on disk, or never will be. Returns who waited for it, in their order.
  public mutating func finish() -> [UInt64] {
    defer { written = nil }
    return written ?? []
  }
}
