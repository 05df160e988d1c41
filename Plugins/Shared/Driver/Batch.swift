// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Buffers on their way to the host, up to `limit` in one call.
package struct Batch {
  /// Buffers of a batch.
  package static let limit = 64
  package let storage = UnsafeMutablePointer<mesh_buf>.allocate(capacity: Self.limit)
  package private(set) var count = 0

  package var isFull: Bool { count == Self.limit }

  package init() {}

  package mutating func append(_ buffer: mesh_buf) {
    precondition(!isFull)
    (storage + count).initialize(to: buffer)
    count &+= 1
  }

  package mutating func removeAll() { count = 0 }

  package func deallocate() { storage.deallocate() }
}

/// Empty buffers of one size that were taken from the pool before they are needed.
package struct BufferCache {
  private let storage: UnsafeMutablePointer<mesh_buf>
  private let capacity: Int
  private let refill: Int
  private var count = 0

  package init(capacity: Int, refill: Int) {
    self.capacity = capacity
    self.refill = refill
    storage = .allocate(capacity: refill)
  }

  /// nil when the pool is empty.
  package mutating func take(_ host: Host) -> mesh_buf? {
    if count == 0 { count = host.get(storage, refill, capacity: capacity) }
    guard count > 0 else { return nil }
    count &-= 1
    return storage[count]
  }

  package mutating func giveBack(_ host: Host) {
    if count > 0 { host.put(storage, count) }
    count = 0
  }

  package func deallocate() { storage.deallocate() }
}
