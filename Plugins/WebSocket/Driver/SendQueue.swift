import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver

/// The buffers that a link accepted and has not handed to the socket, in their order: a ring of fixed size.
struct SendQueue {
  private var storage: UnsafeMutablePointer<mesh_buf>?
  private var head = 0
  private let wrap: Int
  private(set) var count = 0
  /// How many from the front have their header written and their payload masked.
  var prepared = 0
  /// Bytes of the first one, header included, that are already sent.
  var sent = 0

  /// Room for at least `capacity` buffers; memory is taken with the first one.
  init(capacity: Int) {
    var size = 16
    while size < capacity { size *= 2 }
    wrap = size - 1
  }

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count > wrap }

  /// The buffer `index` places behind the front.
  @inline(__always)
  func pointer(_ index: Int) -> UnsafeMutablePointer<mesh_buf> {
    storage.unsafelyUnwrapped + ((head &+ index) & wrap)
  }

  mutating func append(_ buffer: mesh_buf) {
    precondition(!isFull)
    if storage == nil { storage = .allocate(capacity: wrap + 1) }
    pointer(count).initialize(to: buffer)
    count &+= 1
  }

  mutating func removeFirst() -> mesh_buf {
    precondition(!isEmpty)
    let buffer = pointer(0).pointee
    head = (head &+ 1) & wrap
    count &-= 1
    prepared = max(0, prepared &- 1)
    sent = 0
    return buffer
  }

  mutating func removeLast() -> mesh_buf {
    precondition(!isEmpty)
    count &-= 1
    prepared = min(prepared, count)
    return pointer(count).pointee
  }

  func deallocate() { storage?.deallocate() }
}
