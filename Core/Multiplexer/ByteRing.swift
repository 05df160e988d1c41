// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// Bytes of a stream that are kept until they are confirmed, addressed by their offset in the stream.
///
/// A power-of-two ring that grows by doubling; `Multiplexer.trim` gives it back when it has been empty for a while.
struct ByteRing: ~Copyable {
  private var storage: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
  /// Offset of the oldest byte kept.
  private(set) var start: UInt64 = 0
  /// Offset behind the newest byte.
  private(set) var end: UInt64 = 0

  static let initialCapacity = 1024
  /// An empty ring larger than this is freed when it is not used again soon.
  static let keptCapacity = 256 << 10

  init() {}
  deinit { storage.deallocate() }

  var count: Int { Int(end - start) }
  var isEmpty: Bool { start == end }
  /// Bytes of memory held.
  var capacity: Int { storage.count }

  /// Adds bytes at the end.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    let mask = storage.count - 1
    let at = Int(truncatingIfNeeded: end) & mask
    let head = min(bytes.count, storage.count - at)
    (storage.baseAddress! + at).copyMemory(from: source, byteCount: head)
    if head < bytes.count { storage.baseAddress!.copyMemory(from: source + head, byteCount: bytes.count - head) }
    end += UInt64(bytes.count)
  }

  /// Makes room for `count` more bytes.
  mutating func reserve(_ count: Int) {
    guard self.count + count > storage.count else { return }
    var size = max(storage.count, Self.initialCapacity)
    while size < self.count + count { size *= 2 }
    let bigger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    let used = self.count
    if used > 0 {
      // The bytes keep their offsets, and so their places modulo the new size.
      var offset = start
      while offset < end {
        let from = Int(truncatingIfNeeded: offset) & (storage.count - 1)
        let to = Int(truncatingIfNeeded: offset) & (size - 1)
        let piece = min(Int(end - offset), storage.count - from, size - to)
        (bigger.baseAddress! + to).copyMemory(from: storage.baseAddress! + from, byteCount: piece)
        offset += UInt64(piece)
      }
    }
    storage.deallocate()
    storage = bigger
  }

  /// Copies the bytes from `offset` on; they must be there.
  func copy(from offset: UInt64, count: Int, to target: UnsafeMutableRawPointer) {
    precondition(offset >= start && offset + UInt64(count) <= end, "bytes of a stream that are not kept")
    guard count > 0 else { return }
    let at = Int(truncatingIfNeeded: offset) & (storage.count - 1)
    let head = min(count, storage.count - at)
    target.copyMemory(from: storage.baseAddress! + at, byteCount: head)
    if head < count { (target + head).copyMemory(from: storage.baseAddress!, byteCount: count - head) }
  }

  /// Overwrites one byte.
  mutating func set(_ byte: UInt8, at offset: UInt64) {
    precondition(offset >= start && offset < end, "a byte that is not kept")
    storage[Int(truncatingIfNeeded: offset) & (storage.count - 1)] = byte
  }

  func byte(at offset: UInt64) -> UInt8 { storage[Int(truncatingIfNeeded: offset) & (storage.count - 1)] }

  /// Forgets everything below `offset`.
  mutating func discard(to offset: UInt64) {
    guard offset > start else { return }
    start = min(offset, end)
  }

  /// Empty, and large enough to be worth giving back.
  var isSpare: Bool { isEmpty && storage.count > Self.keptCapacity }

  /// Empties the ring and sets where it goes on.
  mutating func reset(to offset: UInt64) {
    start = offset
    end = offset
    if storage.count > Self.initialCapacity { release() }
  }

  mutating func release() {
    storage.deallocate()
    storage = .init(start: nil, count: 0)
  }
}
