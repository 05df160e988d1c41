// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// The buffers of one loop: two sizes, fixed upper limits, no allocation when taking or giving.
///
/// A buffer's `owner` word names it and how often it has been given out. The pool believes nothing else in a
/// descriptor that comes back: one that is foreign, was put before or is held by somebody else is refused.
/// Belongs to the loop's thread.
public final class BufferPool {
  /// Bytes beside the nominal size, for head- and tail-room.
  public static let slack = 512
  /// Storage of a small buffer, bytes.
  public static let smallCapacity = 2048 + slack
  /// Storage of a large buffer, bytes.
  public static let largeCapacity = 65_536 + slack

  /// Fills given-up buffers with `0xDB`, so that whoever still reads them sees it at once.
  public var poisons: Bool
  /// Descriptors that were refused because they name no buffer held by the caller.
  public private(set) var refusals: UInt64 = 0

  /// Small and large. Behind a pointer, because access to a class's stored struct is checked at run time.
  private let classes: UnsafeMutablePointer<BufferClass>
  private static let largeBit: UInt64 = 1 << 31

  /// Reserves address space for so many buffers of each size; memory is committed as it is used. Fails when the
  /// system gives no address space.
  public init?(smallLimit: Int = 32_768, largeLimit: Int = 1024, poisons: Bool = BufferPool.isDebugBuild) {
    guard let small = BufferClass(capacity: Self.smallCapacity, limit: smallLimit) else { return nil }
    guard let large = BufferClass(capacity: Self.largeCapacity, limit: largeLimit) else {
      small.free()
      return nil
    }
    classes = .allocate(capacity: 2)
    classes.initialize(to: small)
    (classes + 1).initialize(to: large)
    self.poisons = poisons
  }

  deinit {
    classes[0].free()
    classes[1].free()
    classes.deinitialize(count: 2).deallocate()
  }

  /// Whether this was compiled for debugging.
  public static var isDebugBuild: Bool {
    #if DEBUG
      true
    #else
      false
    #endif
  }

  /// Buffers that are not free.
  public var inUse: Int { classes[0].inUse + classes[1].inUse }
  /// Free buffers that can be given out before the limits are reached.
  public var available: Int { classes[0].limit + classes[1].limit - inUse }

  /// Takes a buffer with at least `minimum` bytes of storage: `data`, `owner` and `cap` are set, the rest is zero.
  /// Returns nil when none is left or `minimum` is more than `largeCapacity`.
  public func get(min minimum: Int, for holder: BufferHolder = .host) -> mesh_buf? {
    var buffer = mesh_buf()
    return take(min: minimum, for: holder, into: &buffer) ? buffer : nil
  }

  /// As `get`, written in place; false when no buffer is left.
  public func take(min minimum: Int, for holder: BufferHolder, into buffer: UnsafeMutablePointer<mesh_buf>) -> Bool {
    if minimum <= Self.smallCapacity, let index = classes[0].take(for: holder) {
      fill(buffer, index, 0)
      return true
    }
    guard minimum <= Self.largeCapacity, let index = classes[1].take(for: holder) else { return false }
    fill(buffer, index, Self.largeBit)
    return true
  }

  /// Puts a buffer back; false, and counted, when `holder` does not hold what the descriptor names.
  @discardableResult
  public func put(_ buffer: mesh_buf, from holder: BufferHolder = .host) -> Bool {
    guard let record = record(of: buffer.owner, heldBy: holder) else { return false }
    release(record, buffer.owner)
    return true
  }

  /// Moves a buffer from one holder to another, keeping what has to come back; false when `from` does not hold it.
  /// Also false when the descriptor's storage is not the buffer's.
  @inline(__always)
  public func hand(_ buffer: UnsafePointer<mesh_buf>, from: BufferHolder, to: BufferHolder) -> Bool {
    guard let record = record(of: buffer.pointee.owner, heldBy: from), storageMatches(buffer) else { return false }
    record.pointee.holder = to.rawValue
    record.pointee.cookie = buffer.pointee.cookie
    record.pointee.link = buffer.pointee.link
    return true
  }

  /// As `hand` for a run of buffers of one link, unsegmented and within `limits`, from the front of `buffers`: stops at
  /// the first that is anything else or of another size than the first. Says how many moved, and their bytes in all.
  public func handRun(
    _ buffers: UnsafePointer<mesh_buf>, count: Int, from: BufferHolder, to: BufferHolder, limits: RunLimits
  ) -> (count: Int, bytes: UInt64) {
    guard count > 0, from != .pool else { return (0, 0) }
    let bit = buffers.pointee.owner & Self.largeBit
    let kind = kind(bit).pointee
    let (records, capacity, grown) = (kind.records, UInt32(truncatingIfNeeded: kind.capacity), UInt64(kind.grown))
    let storage = UInt64(UInt(bitPattern: kind.storage))
    let (link, stream) = (buffers.pointee.link, buffers.pointee.stream)
    let held = from.rawValue
    var bytes: UInt64 = 0
    var index = 0
    while index < count {
      let buffer = buffers + index
      let owner = buffer.pointee.owner
      // With the bit of the other size this is beyond every table.
      let number = (owner ^ bit) & 0xffff_ffff
      let length = buffer.pointee.len
      let total = bytes &+ UInt64(length)
      let end = UInt64(buffer.pointee.off) &+ UInt64(length)
      guard number < grown, buffer.pointee.flags & UInt16(MESH_BUF_SEGMENTED) == 0, length <= limits.mtu,
        end <= UInt64(capacity), total <= limits.bytes
      else { break }
      let record = records + Int(truncatingIfNeeded: number)
      // What differs anywhere leaves a bit.
      let word = (record.pointee.generation ^ UInt32(truncatingIfNeeded: owner >> 32)) | (record.pointee.holder ^ held)
      let start = buffer.pointee.data.u64 ^ (storage &+ number &* UInt64(capacity))
      let lane = (buffer.pointee.stream ^ stream) & limits.streamMask
      let other = (buffer.pointee.link ^ link) | UInt64(buffer.pointee.cap ^ capacity) | UInt64(lane)
      guard UInt64(word) | start | other == 0 else { break }
      record.pointee.holder = to.rawValue
      record.pointee.cookie = buffer.pointee.cookie
      record.pointee.link = link
      bytes = total
      index &+= 1
    }
    return (index, bytes)
  }

  /// Moves a buffer back to the host. With `remembered`, the `cookie` and `link` that `hand` was given have to be the
  /// same still and are restored otherwise; the storage always. True when nothing had been changed; nil when `from`
  /// does not hold the buffer.
  @inline(__always)
  public func takeBack(_ buffer: UnsafeMutablePointer<mesh_buf>, from: BufferHolder, remembered: Bool) -> Bool? {
    guard let record = record(of: buffer.pointee.owner, heldBy: from) else { return nil }
    record.pointee.holder = BufferHolder.host.rawValue
    if storageMatches(buffer),
      !remembered || (buffer.pointee.cookie == record.pointee.cookie && buffer.pointee.link == record.pointee.link)
    {
      return true
    }
    let owner = buffer.pointee.owner
    if remembered {
      buffer.pointee.cookie = record.pointee.cookie
      buffer.pointee.link = record.pointee.link
    }
    buffer.pointee.data.ptr = storage(owner)
    buffer.pointee.cap = capacity(owner)
    return false
  }

  /// Calls `body` with a descriptor for each buffer that `holder` has; `body` may put it or hand it on.
  public func forEach(heldBy holder: BufferHolder, _ body: (inout mesh_buf) -> Void) {
    for size in 0...1 {
      let records = classes[size].records
      for index in 0..<classes[size].grown where records[index].holder == holder.rawValue {
        var buffer = mesh_buf()
        fill(&buffer, UInt32(truncatingIfNeeded: index), size == 0 ? 0 : Self.largeBit)
        buffer.cookie = records[index].cookie
        buffer.link = records[index].link
        body(&buffer)
      }
    }
  }

  /// Gives memory that is not in use back to the system, keeping the first buffers of each size committed. Returns
  /// the bytes given back. For idle moments: it looks at every buffer.
  @discardableResult
  public func trim() -> Int { classes[0].trim(keep: 256) + classes[1].trim(keep: 0) }

  // MARK: Owner words: index (31 bits), size class (1 bit), generation (32 bits)

  @inline(__always)
  private func kind(_ owner: UInt64) -> UnsafeMutablePointer<BufferClass> { classes + Int(owner >> 31 & 1) }

  @inline(__always)
  private func fill(_ buffer: UnsafeMutablePointer<mesh_buf>, _ index: UInt32, _ bit: UInt64) {
    let kind = kind(bit)
    let generation = kind.pointee.records[Int(index)].generation
    buffer.pointee = mesh_buf()
    buffer.pointee.owner = UInt64(generation) << 32 | bit | UInt64(index)
    buffer.pointee.data.ptr = storage(buffer.pointee.owner)
    buffer.pointee.cap = capacity(buffer.pointee.owner)
  }

  @inline(__always)
  private func record(of owner: UInt64, heldBy holder: BufferHolder) -> UnsafeMutablePointer<BufferRecord>? {
    let index = Int(owner & 0x7fff_ffff)
    let kind = kind(owner)
    guard index < kind.pointee.grown else {
      refusals &+= 1
      return nil
    }
    let record = kind.pointee.records + index
    guard record.pointee.generation == UInt32(truncatingIfNeeded: owner >> 32),
      record.pointee.holder == holder.rawValue, holder != .pool
    else {
      refusals &+= 1
      return nil
    }
    return record
  }

  @inline(__always)
  private func storage(_ owner: UInt64) -> UnsafeMutablePointer<UInt8> {
    let kind = kind(owner)
    let start = kind.pointee.storage + Int(owner & 0x7fff_ffff) * kind.pointee.capacity
    return start.assumingMemoryBound(to: UInt8.self)
  }

  @inline(__always)
  private func capacity(_ owner: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: kind(owner).pointee.capacity) }

  @inline(__always)
  private func storageMatches(_ buffer: UnsafePointer<mesh_buf>) -> Bool {
    buffer.pointee.data.ptr == storage(buffer.pointee.owner) && buffer.pointee.cap == capacity(buffer.pointee.owner)
  }

  private func release(_ record: UnsafeMutablePointer<BufferRecord>, _ owner: UInt64) {
    if poisons { memset(storage(owner), 0xDB, Int(capacity(owner))) }
    kind(owner).pointee.give(UInt32(truncatingIfNeeded: owner & 0x7fff_ffff))
  }
}
