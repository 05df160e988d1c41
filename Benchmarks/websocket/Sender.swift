// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import WebSocketMiniHost

/// Sends as much as the credit of a link allows.
struct Sender {
  let host: MiniHost
  let link: UInt64
  let size: Int
  let buffers = UnsafeMutablePointer<mesh_buf>.allocate(capacity: 64)

  func fill() {
    while true {
      let frames = host.frames[link] ?? 0
      let bytes = host.bytes[link] ?? 0
      let count = min(64, frames, bytes / size)
      guard count > 0 else { return }
      for index in 0..<count {
        var buffer = host.pool.take(size + 8)
        buffer.off = 8
        buffer.len = UInt32(size)
        buffer.link = link
        buffers[index] = buffer
      }
      host.transmit(buffers, count)
    }
  }
}
