// SPDX-License-Identifier: Apache-2.0
import Glibc

/// All buffers of one size: one reservation of address space whose pages are committed when first used.
struct BufferClass {
  static let none = UInt32.max
  private static let chunk = 64

  let capacity: Int
  let limit: Int
  let storage: UnsafeMutableRawPointer
  let records: UnsafeMutablePointer<BufferRecord>
  private let storageBytes: Int
  private var firstFree = BufferClass.none
  /// Buffers that have been given out at least once; those above have never been touched.
  private(set) var grown = 0
  private(set) var inUse = 0

  /// Fails when the system gives no address space.
  init?(capacity: Int, limit: Int) {
    self.capacity = capacity
    self.limit = limit
    storageBytes = max(capacity * limit, 1)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let area = mmap(nil, storageBytes, PROT_READ | PROT_WRITE, flags, -1, 0), area != MAP_FAILED else {
      return nil
    }
    storage = area
    records = .allocate(capacity: max(limit, 1))
  }

  func free() {
    munmap(storage, storageBytes)
    records.deallocate()
  }

  /// The index of a free buffer, now held by `holder`, or nil at the limit.
  @inline(__always)
  mutating func take(for holder: BufferHolder) -> UInt32? {
    if firstFree == BufferClass.none { grow() }
    let index = firstFree
    guard index != BufferClass.none else { return nil }
    let record = records + Int(index)
    firstFree = record.pointee.next
    record.pointee.holder = holder.rawValue
    record.pointee.generation &+= 1
    inUse += 1
    return index
  }

  @inline(__always)
  mutating func give(_ index: UInt32) {
    let record = records + Int(index)
    record.pointee.holder = BufferHolder.pool.rawValue
    record.pointee.next = firstFree
    firstFree = index
    inUse -= 1
  }

  private mutating func grow() {
    let target = min(grown + BufferClass.chunk, limit)
    var index = target
    while index > grown {
      index -= 1
      (records + index).initialize(
        to: BufferRecord(generation: 0, holder: 0, next: firstFree, reserved: 0, cookie: 0, link: 0))
      firstFree = UInt32(truncatingIfNeeded: index)
    }
    grown = target
  }

  /// Gives the pages of chunks without a buffer in use back to the system, but for the first `keep` buffers.
  /// Their addresses stay valid. Returns the bytes given back.
  func trim(keep: Int) -> Int {
    var released = 0
    var start = (keep + BufferClass.chunk - 1) / BufferClass.chunk * BufferClass.chunk
    while start < grown {
      let end = min(start + BufferClass.chunk, grown)
      if (start..<end).allSatisfy({ records[$0].holder == 0 }) { released += discard(start, end) }
      start = end
    }
    return released
  }

  private func discard(_ start: Int, _ end: Int) -> Int {
    let page = 4096
    let from = (start * capacity + page - 1) / page * page
    let to = end * capacity / page * page
    guard to > from, madvise(storage + from, to - from, MADV_DONTNEED) == 0 else { return 0 }
    return to - from
  }
}
