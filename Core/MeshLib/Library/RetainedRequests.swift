// SPDX-License-Identifier: Apache-2.0
import CApplication
import Glibc

/// Copies of idempotent requests that the daemon has taken and that have not ended.
struct RetainedRequests: ~Copyable {
  /// One record.
  struct Entry {
    let bytes: UnsafeMutableRawBufferPointer
    /// Monotonic nanoseconds of the end of its lifetime; 0 = none.
    let deadline: UInt64
  }
  private var entries: [UInt64: Entry] = [:]

  init() {}

  deinit { for entry in entries.values { entry.bytes.deallocate() } }

  /// Keeps a copy of a record.
  mutating func insert(_ id: UInt64, _ record: UnsafeRawBufferPointer, deadline: UInt64) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: record.count, alignment: 8)
    bytes.copyMemory(from: record)
    entries[id] = Entry(bytes: bytes, deadline: deadline)
  }

  /// Forgets a record, if there is one.
  mutating func remove(_ id: UInt64) { entries.removeValue(forKey: id)?.bytes.deallocate() }

  /// Whether it is kept.
  func contains(_ id: UInt64) -> Bool { entries[id] != nil }

  /// Visits each, in no order: its number, its record, and the end of its lifetime.
  func forEach(_ body: (UInt64, UnsafeRawBufferPointer, UInt64) -> Void) {
    for (id, entry) in entries { body(id, UnsafeRawBufferPointer(entry.bytes), entry.deadline) }
  }
}
