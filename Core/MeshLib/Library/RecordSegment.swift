// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// The head of a piece of memory with records behind it. Pieces form a chain from reader to writer.
struct RecordSegment: ~Copyable {
  /// Bytes of the head; records follow.
  static let headSize = 64
  /// Bytes of a piece of the common size, head included.
  static let commonSize = 65_536
  /// Records larger than this get a piece of their own.
  static let largeRecord = 16_384

  /// The next piece's address; set once, after the last record of this one.
  let next = Atomic<UInt>(0)
  /// Where the whole records end.
  let written: Atomic<Int>
  /// Where the records start.
  var start: Int
  /// Bytes in all, head included.
  let size: Int
  /// The reader's: records in it that were kept.
  var pins = 0
  /// The reader's: it has gone on to the next piece.
  var isPassed = false

  private init(size: Int) {
    self.size = size
    start = Self.headSize
    written = Atomic(Self.headSize)
  }

  /// A piece with room for `bytes` of records; nil when there is no memory.
  static func allocate(room bytes: Int) -> UnsafeMutablePointer<RecordSegment>? {
    let size = max(commonSize, headSize + bytes)
    guard let memory = malloc(size) else { return nil }
    let segment = memory.bindMemory(to: RecordSegment.self, capacity: 1)
    segment.initialize(to: RecordSegment(size: size))
    return segment
  }

  /// Gives a piece back.
  static func free(_ segment: UnsafeMutablePointer<RecordSegment>) {
    segment.deinitialize(count: 1)
    Glibc.free(segment)
  }
}

extension UnsafeMutablePointer<RecordSegment> {
  /// The memory at an offset from the head.
  @inline(__always)
  func at(_ offset: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(self) + offset }

  /// The piece behind this one, if there is one already.
  @inline(__always)
  var following: UnsafeMutablePointer<RecordSegment>? {
    UnsafeMutablePointer(bitPattern: pointee.next.load(ordering: .acquiring))
  }
}
