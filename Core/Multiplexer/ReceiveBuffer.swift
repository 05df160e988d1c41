// SPDX-License-Identifier: Apache-2.0

/// Bytes of a stream that arrived and could not be handed on at once: a gap lies before them, the message is not
/// complete, or the reader wants no more now.
///
/// Linear memory, so that a message that is complete is one piece. It is given back when it is empty.
struct ReceiveBuffer: ~Copyable {
  private var storage: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
  /// Offset in the stream of the first byte that has not been consumed.
  private(set) var next: UInt64 = 0
  /// Where that byte stands in `storage`.
  private var head = 0
  /// What is there from `next` on.
  private var present = RangeSet()

  static let keptCapacity = 256 << 10

  init() {}
  deinit { storage.deallocate() }

  /// True when nothing is stored.
  var isEmpty: Bool { present.isEmpty }
  /// How many separate ranges are stored.
  var rangeCount: Int { present.count }
  var capacity: Int { storage.count }

  /// The bytes from `next` on that are there without a gap.
  var available: UnsafeRawBufferPointer {
    guard let range = present.first, range.lower <= next else { return .init(start: nil, count: 0) }
    return .init(start: storage.baseAddress! + head, count: Int(range.upper - next))
  }

  /// Changes a byte of `available`.
  mutating func set(_ byte: UInt8, at index: Int) { storage[head + index] = byte }

  /// Stores bytes at `offset`, which is at or above `next`.
  mutating func store(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    let end = Int(offset - next) + bytes.count
    reserve(end)
    (storage.baseAddress! + head + Int(offset - next)).copyMemory(from: source, byteCount: bytes.count)
    present.insert(offset, offset + UInt64(bytes.count))
  }

  /// The reader has taken `count` bytes, stored or straight from a packet.
  mutating func consume(_ count: Int) {
    next += UInt64(count)
    if present.isEmpty { return }
    head += count
    present.removeBelow(next)
    if present.isEmpty { head = 0 }
  }

  /// Empty, and large enough to be worth giving back.
  var isSpare: Bool { present.isEmpty && storage.count > Self.keptCapacity }

  mutating func reset() {
    next = 0
    head = 0
    present.removeAll()
    release()
  }

  mutating func release() {
    storage.deallocate()
    storage = .init(start: nil, count: 0)
  }

  private mutating func reserve(_ count: Int) {
    if head + count <= storage.count { return }
    let used = present.ranges.last.map { Int($0.upper - next) } ?? 0
    // To move costs no more than was consumed since the last move.
    if count <= storage.count, head >= used {
      storage.baseAddress!.copyMemory(from: storage.baseAddress! + head, byteCount: used)
    } else {
      var size = max(storage.count * 2, 4096)
      while size < count { size *= 2 }
      let bigger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
      if used > 0 { bigger.baseAddress!.copyMemory(from: storage.baseAddress! + head, byteCount: used) }
      storage.deallocate()
      storage = bigger
    }
    head = 0
  }
}
