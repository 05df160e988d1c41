// SPDX-License-Identifier: Apache-2.0

import MeshSession

extension Multiplexer {
  /// A buffer that is empty and has not been used for so long is given back, nanoseconds. At once would mean to
  /// allocate it anew for each burst.
  static let trimAfter: UInt64 = 1_000_000_000

  /// The stream has emptied a buffer: looks again later whether its memory is needed.
  @inline(__always)
  func noteSpare(_ stream: Stream, now: UInt64) {
    guard trimAt == .max, stream.ring.isSpare || stream.buffer.isSpare else { return }
    trimAt = now + Self.trimAfter
    reschedule()
  }

  /// Gives back what was not used since the last look.
  func trim(now: UInt64) {
    trimAt = .max
    for stream in streams where stream.ring.isSpare || stream.buffer.isSpare {
      let used = stream.ring.end &+ stream.buffer.next
      guard used == stream.used else {
        stream.used = used
        noteSpare(stream, now: now)
        continue
      }
      if stream.ring.isSpare { stream.ring.release() }
      if stream.buffer.isSpare { stream.buffer.release() }
    }
  }
}
