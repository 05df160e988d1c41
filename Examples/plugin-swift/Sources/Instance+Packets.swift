// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

extension Instance {
  /// Packets received in one turn of a link.
  private static let batch = 16

  /// Sends until the socket is full; the kernel says when it is not.
  func write(_ link: Port) {
    var done = 0
    while done < link.count {
      let buffer = link.queue + done
      buffer.pointee.status = Instance.status(buffer.pointee)
      if buffer.pointee.status == MESH_OK {
        let packet = buffer.pointee.data.ptr + Int(buffer.pointee.off)
        if send(link.descriptor, packet, Int(buffer.pointee.len), Int32(MSG_NOSIGNAL)) < 0 {
          if errno == EAGAIN { break }
          buffer.pointee.status = MESH_E_RESET  // `read` will see the end as well, and say so
        }
      }
      done += 1
    }
    host.giveBack(link.queue, done)
    link.removeFirst(done)
    watch(link)
  }

  /// The receiver could not tell an empty packet from the end of the connection.
  private static func status(_ buffer: mesh_buf) -> Int32 {
    if buffer.len == 0 || UInt32(buffer.flags) & MESH_BUF_SEGMENTED != 0 { return MESH_E_INVALID }
    return buffer.len > mtu ? MESH_E_MTU : MESH_OK
  }

  /// Receives straight into the host's buffers.
  func read(_ link: Port) {
    withUnsafeTemporaryAllocation(of: mesh_buf.self, capacity: Instance.batch) { read(link, $0.baseAddress!) }
  }

  private func read(_ link: Port, _ buffers: UnsafeMutablePointer<mesh_buf>) {
    let taken = host.take(buffers, Instance.batch, capacity: Instance.mtu)
    var count = 0
    var got = 0
    while count < taken {
      let capacity = Int(buffers[count].cap)
      got = recv(link.descriptor, buffers[count].data.ptr, capacity, Int32(MSG_TRUNC))
      guard got > 0, got <= capacity else { break }
      buffers[count].link = link.id
      buffers[count].len = UInt32(got)
      count += 1
    }
    let failure = Socket.Failure.last
    host.deliver(buffers, count)
    host.put(buffers + count, taken - count)
    if taken == 0 { return tryLater(link) }  // the pool is empty: the kernel keeps the packets meanwhile
    if count == taken { return }  // the rest is still readable in the next turn
    if got > 0 {
      end(link, MESH_E_PROTOCOL, "a packet that is too large arrived")
    } else if got == 0 {
      end(link, MESH_E_CLOSED, "the other side is gone")
    } else if failure.code != EAGAIN, failure.code != ECONNRESET {
      fail(link, failure)
    }
  }
}
