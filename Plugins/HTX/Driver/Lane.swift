// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportBytes

/// One lane of a link: what waits to be sent, and the packet that arrives.
struct Lane {
  /// Buffers of the host and padding, in their order; `head` is the first that has not left.
  private var queue: [mesh_buf] = []
  private var head = 0
  /// The first that was not lent yet, where buffers are lent; else `head`.
  private var next = 0
  /// Bytes of the first one that have left, its length included; where buffers are lent, that are acknowledged.
  var sent = 0

  var credit = LaneCredit()

  /// Where the next packet begins in what arrives.
  var reader = LaneReader()
  /// The packet that arrives, when `hasBuffer`.
  var buffer = mesh_buf()
  var hasBuffer = false
  var missing = 0
  /// Bytes that arrived when the pool had no buffer.
  var stash: ByteBuffer?

  var isEmpty: Bool { head == queue.count }
  var first: mesh_buf { queue[head] }

  /// Whether none waits to leave.
  var isDrained: Bool { next == queue.count }
  /// Whether the first one is lent.
  var hasLent: Bool { next > head }

  /// The next one to lend; it stays in the queue.
  mutating func lendNext() -> mesh_buf? {
    guard next < queue.count else { return nil }
    next += 1
    return queue[next - 1]
  }

  mutating func append(_ buffer: mesh_buf) { queue.append(buffer) }

  mutating func removeFirst() -> mesh_buf {
    let buffer = queue[head]
    head += 1
    next = max(next, head)
    sent = 0
    if head == queue.count || head >= 256 {
      queue.removeFirst(head)
      next -= head
      head = 0
    }
    return buffer
  }
}
