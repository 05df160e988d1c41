// SPDX-License-Identifier: Apache-2.0

/// Bytes that are appended at the end and consumed at the front; the storage is kept and used again.
public final class ByteBuffer {
  private var storage: UnsafeMutableRawPointer
  private var capacity: Int
  private var start = 0
  private var end = 0

  /// Room for `capacity` bytes, at least 64; it grows by doubling.
  public init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    storage = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { storage.deallocate() }

  /// Bytes that wait.
  public var count: Int { end &- start }
  /// True when none wait.
  public var isEmpty: Bool { end == start }
  /// The first of them; valid until the next change of the buffer.
  public var bytes: UnsafeMutableRawPointer { storage + start }
  /// All of them; valid until the next change of the buffer.
  public var readable: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage + start, count: count) }

  /// Makes room for `count` more bytes and returns where they go; `commit` makes them count.
  public func reserve(_ count: Int) -> UnsafeMutableRawPointer {
    if capacity &- end < count { makeRoom(count) }
    return storage + end
  }

  /// Counts `count` bytes that were written where `reserve` said.
  public func commit(_ count: Int) {
    precondition(count >= 0 && count <= capacity - end)
    end &+= count
  }

  /// Copies bytes to the end.
  public func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count).copyMemory(from: base, byteCount: bytes.count)
    end &+= bytes.count
  }

  /// Copies bytes to the end.
  public func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Forgets the first `count` bytes.
  public func consume(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    start &+= count
    if start == end { removeAll() }
  }

  /// Forgets all bytes.
  public func removeAll() {
    start = 0
    end = 0
  }

  /// Forgets what was appended after the first `count` bytes.
  public func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count)
    end = start &+ count
  }

  private func makeRoom(_ count: Int) {
    let used = self.count
    if capacity - used >= count, start >= used {
      storage.copyMemory(from: storage + start, byteCount: used)
    } else {
      var larger = capacity
      while larger - used < count { larger *= 2 }
      let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
      moved.copyMemory(from: storage + start, byteCount: used)
      storage.deallocate()
      storage = moved
      capacity = larger
    }
    start = 0
    end = used
  }
}
