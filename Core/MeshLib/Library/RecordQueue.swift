// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Records from one thread to another, in one direction, without locks and without copies beside the writing itself.
///
/// The reader reads records where they lie and gives them back later, in order; it may pin single ones, whose memory
/// then stays until it is unpinned. One thread writes at a time and one reads; whoever changes them orders that.
final class RecordQueue: @unchecked Sendable {
  typealias Segment = UnsafeMutablePointer<RecordSegment>

  // The writer's.
  private var last: Segment
  private var lastWritten: Int
  private var appended: UInt64 = 0
  private let spareTaken = Atomic<Int>(0)
  // Reader and writer each have their own lines of the cache.
  private let padding = InlineArray<16, UInt64>(repeating: 0)
  // The reader's.
  private(set) var head: Segment
  private(set) var headOffset: Int
  private var tail: Segment
  private var tailOffset: Int
  private let taken = Atomic<UInt64>(0)
  private let spareGiven = Atomic<Int>(0)

  private let spares: UnsafeMutablePointer<Segment?>
  private static let spareLimit = 64

  /// An empty queue; nil when there is no memory.
  init?() {
    guard let segment = RecordSegment.allocate(room: 0) else { return nil }
    (last, head, tail) = (segment, segment, segment)
    lastWritten = RecordSegment.headSize
    (headOffset, tailOffset) = (lastWritten, lastWritten)
    spares = .allocate(capacity: Self.spareLimit)
    spares.initialize(repeating: nil, count: Self.spareLimit)
  }

  /// Pieces with pinned records are freed with the last pin.
  deinit {
    var next: Segment? = tail
    while let segment = next {
      next = segment.following
      segment.pointee.isPassed = true
      if segment.pointee.pins == 0 { RecordSegment.free(segment) }
    }
    while let segment = takeSpare() { RecordSegment.free(segment) }
    spares.deallocate()
  }

  // MARK: the writer's side

  /// Bytes that were written and not read yet.
  @inline(__always)
  var pending: UInt64 { appended &- taken.load(ordering: .acquiring) }

  /// Room for a record, to be filled before `commit`; nil when there is no memory. `bytes` is a multiple of 8.
  @inline(__always)
  func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
    if lastWritten + bytes <= RecordSegment.commonSize { return last.at(lastWritten) }
    return reserveElsewhere(bytes)
  }

  /// Makes what was reserved visible to the reader.
  @inline(__always)
  func commit(_ bytes: Int) {
    lastWritten += bytes
    appended &+= UInt64(truncatingIfNeeded: bytes)
    last.pointee.written.store(lastWritten, ordering: .releasing)
  }

  /// Adds a piece that was filled elsewhere, with its records from `start` to `end`.
  func append(_ segment: Segment, from start: Int, to end: Int) {
    segment.pointee.start = start
    segment.pointee.written.store(end, ordering: .relaxed)
    appended &+= UInt64(end - start)
    link(segment, written: end)
    // The next record goes into a piece of its own chain, never behind foreign bytes.
    lastWritten = .max / 2
  }

  @inline(never)
  private func reserveElsewhere(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let isCommon = bytes <= RecordSegment.largeRecord
    guard let segment = (isCommon ? takeSpare() : nil) ?? RecordSegment.allocate(room: bytes) else { return nil }
    link(segment, written: RecordSegment.headSize)
    return segment.at(RecordSegment.headSize)
  }

  private func link(_ segment: Segment, written: Int) {
    last.pointee.next.store(UInt(bitPattern: segment), ordering: .releasing)
    last = segment
    lastWritten = written
  }

  private func takeSpare() -> Segment? {
    let index = spareTaken.load(ordering: .relaxed)
    guard index != spareGiven.load(ordering: .acquiring) else { return nil }
    let segment = spares[index % Self.spareLimit]
    spareTaken.store(index &+ 1, ordering: .releasing)
    return segment
  }

  // MARK: the reader's side

  /// Whether nothing is to be read.
  @inline(__always)
  var isEmpty: Bool {
    head.pointee.written.load(ordering: .acquiring) == headOffset && head.pointee.next.load(ordering: .acquiring) == 0
  }

  /// The bytes that can be read in one piece, starting with a record; empty when there is nothing.
  @inline(__always)
  func readable() -> UnsafeRawBufferPointer {
    while true {
      let written = head.pointee.written.load(ordering: .acquiring)
      if written > headOffset { return UnsafeRawBufferPointer(start: head.at(headOffset), count: written - headOffset) }
      guard let next = head.following else { return UnsafeRawBufferPointer(start: nil, count: 0) }
      // The writer may have added to this piece before it began the next.
      guard head.pointee.written.load(ordering: .acquiring) == headOffset else { continue }
      head = next
      headOffset = next.pointee.start
    }
  }

  /// Goes past bytes of `readable`; they stay valid until they are given back.
  @inline(__always)
  func advance(_ bytes: Int) {
    headOffset += bytes
    taken.store(taken.load(ordering: .relaxed) &+ UInt64(bytes), ordering: .releasing)
  }

  /// Whether something was read and not given back.
  @inline(__always)
  var isLending: Bool { tail != head || tailOffset != headOffset }

  /// Gives back everything that was read. `visit` sees each stretch of records, and the piece it lies in.
  @inline(__always)
  func giveBack(_ visit: (Segment, UnsafeRawBufferPointer) -> Void) {
    while isLending {
      let end = tail == head ? headOffset : tail.pointee.written.load(ordering: .acquiring)
      if end > tailOffset { visit(tail, UnsafeRawBufferPointer(start: tail.at(tailOffset), count: end - tailOffset)) }
      tailOffset = end
      guard tail != head, let next = tail.following else { break }
      let passed = tail
      tail = next
      tailOffset = next.pointee.start
      passed.pointee.isPassed = true
      if passed.pointee.pins == 0 { recycle(passed) }
    }
  }

  /// Gives back everything that was read, without a look.
  func giveBack() { giveBack { _, _ in } }

  /// Visits what is lent.
  func forEachLent(_ visit: (Segment, UnsafeRawBufferPointer) -> Bool) {
    var segment = tail
    var offset = tailOffset
    while true {
      let end = segment == head ? headOffset : segment.pointee.written.load(ordering: .acquiring)
      if end > offset, !visit(segment, UnsafeRawBufferPointer(start: segment.at(offset), count: end - offset)) {
        return
      }
      guard segment != head, let next = segment.following else { return }
      segment = next
      offset = next.pointee.start
    }
  }

  /// Gives back a pin of a record in this piece.
  func unpin(_ segment: Segment) {
    segment.pointee.pins -= 1
    if segment.pointee.pins == 0, segment.pointee.isPassed { recycle(segment) }
  }

  private func recycle(_ segment: Segment) {
    let index = spareGiven.load(ordering: .relaxed)
    guard segment.pointee.size == RecordSegment.commonSize,
      index &- spareTaken.load(ordering: .acquiring) < Self.spareLimit
    else { return RecordSegment.free(segment) }
    segment.pointee.next.store(0, ordering: .relaxed)
    segment.pointee.written.store(RecordSegment.headSize, ordering: .relaxed)
    segment.pointee.start = RecordSegment.headSize
    segment.pointee.isPassed = false
    spares[index % Self.spareLimit] = segment
    spareGiven.store(index &+ 1, ordering: .releasing)
  }
}
