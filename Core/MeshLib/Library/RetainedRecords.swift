// SPDX-License-Identifier: Apache-2.0
import CApplication
import Glibc

/// Copies of messages and idempotent requests that the daemon has taken and not settled.
struct RetainedRecords: ~Copyable {
  /// One record.
  struct Entry {
    let bytes: UnsafeMutableRawBufferPointer
    /// The application wants to hear that it was delivered.
    let isTold: Bool
    /// Monotonic nanoseconds of the end of its lifetime; 0 = none.
    let deadline: UInt64

    /// Its header.
    var header: application_command { bytes.load(as: application_command.self) }
  }
  private var entries: [UInt64: Entry] = [:]

  init() {}

  deinit { for entry in entries.values { entry.bytes.deallocate() } }

  /// Keeps a copy of a record.
  mutating func insert(_ id: UInt64, _ record: UnsafeRawBufferPointer, isTold: Bool, deadline: UInt64) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: record.count, alignment: 8)
    bytes.copyMemory(from: record)
    entries[id] = Entry(bytes: bytes, isTold: isTold, deadline: deadline)
  }

  /// Forgets a record; says whether the application is to hear of its delivery, nil when there is none.
  mutating func remove(_ id: UInt64) -> Bool? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    entry.bytes.deallocate()
    return entry.isTold
  }

  /// Whether it is kept.
  func contains(_ id: UInt64) -> Bool { entries[id] != nil }

  /// All in the order of their numbers, which is that of sending.
  var inOrder: [(id: UInt64, entry: Entry)] { entries.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 } }
}
