// SPDX-License-Identifier: Apache-2.0
public import CMeshABI

/// Buffers of two sizes that count how many are out.
public final class MiniPool {
  private var free: [Int: [UnsafeMutablePointer<UInt8>]] = [:]
  private var all: [UnsafeMutablePointer<UInt8>] = []
  /// Buffers that are not in the pool.
  public private(set) var outstanding = 0
  /// Buffers that may be out at a time.
  public var limit = 100_000

  init() {}

  deinit { for storage in all { storage.deallocate() } }

  /// An empty buffer of at least `capacity` bytes.
  public func take(_ capacity: Int) -> mesh_buf {
    let size = capacity <= 2048 ? 2048 : 65_536
    let storage: UnsafeMutablePointer<UInt8>
    if let old = free[size]?.popLast() {
      storage = old
    } else {
      storage = .allocate(capacity: size)
      storage.initialize(repeating: 0, count: size)
      all.append(storage)
    }
    outstanding += 1
    var buffer = mesh_buf()
    buffer.data.ptr = storage
    buffer.cap = UInt32(size)
    buffer.owner = UInt64(size)
    return buffer
  }

  /// Takes buffers back.
  public func put(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    for index in 0..<count {
      free[Int(buffers[index].owner), default: []].append(buffers[index].data.ptr)
      outstanding -= 1
    }
  }
}
