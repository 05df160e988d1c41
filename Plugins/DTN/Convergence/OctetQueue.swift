// SPDX-License-Identifier: Apache-2.0

/// Bytes that are appended at the end and consumed at the front; the storage is kept and used again.
struct OctetQueue {
  private var storage: [UInt8] = []
  private var start = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    compact()
    storage.append(contentsOf: bytes)
  }

  mutating func append(_ byte: UInt8) { storage.append(byte) }

  mutating func append(_ bytes: ArraySlice<UInt8>) {
    compact()
    storage.append(contentsOf: bytes)
  }

  /// Appends a number, most significant byte first.
  mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
    withUnsafeBytes(of: number.bigEndian) { storage.append(contentsOf: $0) }
  }

  /// Lends what waits; not to be kept.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }

  /// Forgets the first `count` bytes.
  mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    start += count
    if start == storage.count { removeAll() }
  }

  mutating func removeAll() {
    // One large burst must not keep its memory for the life of a session.
    storage.removeAll(keepingCapacity: storage.capacity <= 1 << 20)
    start = 0
  }

  /// What waits, and nothing is left.
  mutating func takeAll() -> [UInt8] {
    defer { removeAll() }
    return Array(storage[start...])
  }

  /// Moves what waits to the front once more than half is behind it, so that the cost stays linear.
  private mutating func compact() {
    guard start > 4096, start > storage.count / 2 else { return }
    storage.removeSubrange(..<start)
    start = 0
  }
}
