import CMeshABI
import Glibc
import TransportBytes
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

extension Instance {
  /// Bytes that one write should at least be offered: enough to make the call cheap, few enough to stay in the cache
  /// between masking and copying.
  private static let writeBytes = 262_144

  /// Takes buffers of the host.
  func transmit(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    var index = 0
    while index < count {
      let id = buffers[index].link
      let link = links[id]
      repeat {
        accept(link, buffers + index)
        index &+= 1
      } while index < count && buffers[index].link == id
    }
  }

  @inline(__always)
  private func accept(_ link: Link?, _ buffer: UnsafeMutablePointer<mesh_buf>) {
    guard let link, link.phase == .open else { return complete(buffer.pointee, MESH_E_STALE) }
    let length = Int(buffer.pointee.len)
    guard length <= settings.mtu else { return complete(buffer.pointee, MESH_E_MTU) }
    let header = FrameHeader.encodedLength(payloadLength: length, masked: link.role == .client)
    guard Int(buffer.pointee.off) >= header else { return complete(buffer.pointee, MESH_E_INVALID) }
    guard !link.queue.isFull else { return complete(buffer.pointee, MESH_E_LIMIT) }
    link.queue.append(buffer.pointee)
    touch(link)
  }

  func complete(_ buffer: mesh_buf, _ status: Int32) {
    var buffer = buffer
    buffer.status = status
    completed.append(buffer)
    if completed.isFull { giveBackCompleted() }
  }

  func giveBackCompleted() {
    if completed.count > 0 { host.done(completed.storage, completed.count) }
    completed.removeAll()
  }

  /// Writes until the queue is empty, the socket full, or the turn's share used up.
  func flush(_ link: Link) {
    if let tls = link.tls { return flush(link, tls) }
    while link.descriptor >= 0, !link.pending.isEmpty || !link.queue.isEmpty {
      guard budget > 0 else { return setMask(link, link.mask | MESH_WATCH_WRITE) }
      let (parts, bytes) = gather(link)
      var message = msghdr()
      message.msg_iov = vectors
      message.msg_iovlen = parts
      figures.writes &+= 1
      let count = sendmsg(link.descriptor, &message, Int32(MSG_NOSIGNAL))
      if count < 0 {
        let number = errno
        if number == EINTR { continue }
        if number == EAGAIN { return setMask(link, link.mask | MESH_WATCH_WRITE) }
        return end(link, Failure(errno: number, "write"))
      }
      budget &-= count
      sent(link, count)
      if count < bytes { return setMask(link, link.mask | MESH_WATCH_WRITE) }
    }
    if link.phase != .connecting { setMask(link, link.mask & ~MESH_WATCH_WRITE) }
    afterFlush(link)
  }

  /// Writes header and mask of the buffer `index` places behind the front, unless that is done.
  @inline(__always)
  private func prepare(_ link: Link, _ index: Int) -> (start: UnsafeMutableRawPointer, count: Int) {
    let buffer = link.queue.pointer(index)
    let length = Int(buffer.pointee.len)
    let masked = link.role == .client
    let header = FrameHeader.encodedLength(payloadLength: length, masked: masked)
    let payload = UnsafeMutableRawPointer(buffer.pointee.data.ptr + Int(buffer.pointee.off))
    if index >= link.queue.prepared {
      let key = masked ? link.masks.next() : nil
      FrameHeader(opcode: .binary, payloadLength: length, maskKey: key).write(to: payload - header)
      if let key { Masking.apply(key, to: payload, count: length) }
      link.queue.prepared = index &+ 1
    }
    return (payload - header, header &+ length)
  }

  /// Control frames go first, but never into the middle of a frame.
  private func gather(_ link: Link) -> (parts: Int, bytes: Int) {
    var parts = 0
    var bytes = 0
    func add(_ start: UnsafeMutableRawPointer, _ count: Int) {
      vectors[parts] = iovec(iov_base: start, iov_len: count)
      parts &+= 1
      bytes &+= count
    }
    if link.queue.sent == 0, !link.pending.isEmpty { add(link.pending.bytes, link.pending.count) }
    var index = 0
    while index < link.queue.count, parts < Self.batch, bytes < Self.writeBytes {
      let (start, count) = prepare(link, index)
      if index == 0, link.queue.sent > 0 {
        add(start + link.queue.sent, count &- link.queue.sent)
        if !link.pending.isEmpty { add(link.pending.bytes, link.pending.count) }
      } else {
        add(start, count)
      }
      index &+= 1
    }
    return (parts, bytes)
  }

  /// Counts `total` bytes as sent, in the order of `gather`.
  private func sent(_ link: Link, _ total: Int) {
    var left = total
    if link.queue.sent > 0 { takeFirst(link, &left) }
    let control = min(left, link.pending.count)
    // While the front is still sent in part, nothing behind it was touched.
    if link.queue.sent == 0 {
      link.pending.consume(control)
      left &-= control
      guard link.pending.isEmpty else { return }
    }
    while left > 0, !link.queue.isEmpty { takeFirst(link, &left) }
  }

  private func takeFirst(_ link: Link, _ left: inout Int) {
    let buffer = link.queue.pointer(0)
    let length = Int(buffer.pointee.len)
    let whole = length &+ FrameHeader.encodedLength(payloadLength: length, masked: link.role == .client)
    let missing = whole &- link.queue.sent
    guard left >= missing else {
      link.queue.sent &+= left
      left = 0
      return
    }
    left &-= missing
    frameLeft(link)
  }

  /// The first frame of the queue has left.
  private func frameLeft(_ link: Link) {
    let buffer = link.queue.removeFirst()
    figures.framesOut &+= 1
    figures.bytesOut &+= UInt64(buffer.len)
    link.returnedFrames &+= 1
    link.returnedBytes &+= UInt64(buffer.len)
    touch(link)
    complete(buffer, MESH_OK)
  }

  private func flush(_ link: Link, _ tls: TLSSession) {
    while link.descriptor >= 0 {
      guard drainTLS(link, tls), budget > 0 else {
        if link.phase != .gone { setMask(link, link.mask | MESH_WATCH_WRITE) }
        return
      }
      guard !link.pending.isEmpty || !link.queue.isEmpty else { break }
      do {
        if !link.pending.isEmpty {
          try tls.send(link.pending.bytes, count: link.pending.count)
          link.pending.removeAll()
        }
        while !link.queue.isEmpty, tls.output.count < Self.writeBytes {
          let (start, count) = prepare(link, 0)
          try tls.send(start, count: count)
          budget &-= count
          frameLeft(link)
        }
      } catch {
        return end(link, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "TLS: \(error.sentence)"))
      }
    }
    guard link.phase != .gone else { return }
    setMask(link, link.mask & ~MESH_WATCH_WRITE)
    afterFlush(link)
  }
}
