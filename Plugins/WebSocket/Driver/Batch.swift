// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Buffers on their way to the host, up to `Instance.batch` in one call.
struct Batch {
  let storage = UnsafeMutablePointer<mesh_buf>.allocate(capacity: Instance.batch)
  private(set) var count = 0

  var isFull: Bool { count == Instance.batch }

  mutating func append(_ buffer: mesh_buf) {
    precondition(!isFull)
    (storage + count).initialize(to: buffer)
    count &+= 1
  }

  mutating func removeAll() { count = 0 }

  func deallocate() { storage.deallocate() }
}

/// Empty buffers of one size that were taken from the pool before they are needed.
struct BufferCache {
  private let storage: UnsafeMutablePointer<mesh_buf>
  private let capacity: Int
  private let refill: Int
  private var count = 0

  init(capacity: Int, refill: Int) {
    self.capacity = capacity
    self.refill = refill
    storage = .allocate(capacity: refill)
  }

  /// nil when the pool is empty.
  mutating func take(_ host: Host) -> mesh_buf? {
    if count == 0 { count = host.get(storage, refill, capacity: capacity) }
    guard count > 0 else { return nil }
    count &-= 1
    return storage[count]
  }

  mutating func giveBack(_ host: Host) {
    if count > 0 { host.put(storage, count) }
    count = 0
  }

  func deallocate() { storage.deallocate() }
}
