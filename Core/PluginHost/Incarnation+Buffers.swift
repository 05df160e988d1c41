// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

extension Incarnation {
  func getBuffers(_ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32, _ minimum: UInt32) -> Int32 {
    guard minimum <= 65_536, count <= UInt32(Int32.max) else { return MESH_E_INVALID }
    guard count > 0 else { return 0 }
    guard let buffers else { return MESH_E_INVALID }
    var got = 0
    while got < Int(count), takenCount < host.takenLimit,
      pool.take(min: Int(minimum), for: taken, into: buffers + got)
    {
      got += 1
      takenCount += 1
    }
    return Int32(truncatingIfNeeded: got)
  }

  func putBuffers(_ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32) -> Int32 {
    guard count > 0 else { return MESH_OK }
    guard let buffers else { return MESH_E_INVALID }
    var result = MESH_OK
    for index in 0..<Int(count) {
      if pool.put(buffers[index], from: taken) {
        takenCount -= 1
      } else {
        violation("buffer_put of a buffer that it does not own")
        result = MESH_E_INVALID
      }
    }
    return result
  }

  /// All of the plugin's buffers move to the host; those that cannot be used go straight to the pool.
  func deliver(_ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32) -> Int32 {
    guard count > 0 else { return MESH_OK }
    guard let buffers else { return MESH_E_INVALID }
    let (host, pool) = (host, pool)
    var result = MESH_OK
    for index in 0..<Int(count) {
      let buffer = buffers + index
      guard let isIntact = pool.takeBack(buffer, from: taken, remembered: false) else {
        violation("deliver of a buffer that it does not own")
        result = MESH_E_INVALID
        continue
      }
      takenCount -= 1
      switch verdict(on: buffer, isIntact, host) {
      case .usable:
        host.queue.pointee.appendReceived(buffer)
      case .stale:
        pool.put(buffer.pointee)
      case .broken:
        pool.put(buffer.pointee)
        result = MESH_E_INVALID
      }
    }
    host.wantFlush()
    return result
  }

  private enum Verdict { case usable, stale, broken }

  @inline(__always)
  private func verdict(on buffer: UnsafeMutablePointer<mesh_buf>, _ isIntact: Bool, _ host: PluginHost) -> Verdict {
    guard let record = host.links.pointee.record(buffer.pointee.link) else { return .stale }
    guard record.pointee.incarnation?.toOpaque() == Unmanaged.passUnretained(self).toOpaque() else {
      violation("deliver on a link of another instance")
      return .broken
    }
    guard isIntact, UInt64(buffer.pointee.off) + UInt64(buffer.pointee.len) <= UInt64(buffer.pointee.cap) else {
      violation("deliver of a payload outside its buffer")
      return .broken
    }
    guard record.pointee.wasUp else {
      violation("deliver before the link is up")
      return .broken
    }
    return .usable
  }

  func transmitDone(_ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32) -> Int32 {
    guard count > 0 else { return MESH_OK }
    guard let buffers else { return MESH_E_INVALID }
    let (host, pool) = (host, pool)
    var result = MESH_OK
    for index in 0..<Int(count) {
      let buffer = buffers + index
      guard let isIntact = pool.takeBack(buffer, from: transmitting, remembered: true) else {
        violation("transmit_done of a buffer that was not transmitted through it, or twice")
        result = MESH_E_INVALID
        continue
      }
      if !isIntact {
        violation("transmit_done with a changed cookie, link or storage")
        result = MESH_E_INVALID
      }
      if UInt64(buffer.pointee.off) + UInt64(buffer.pointee.len) > UInt64(buffer.pointee.cap) {
        violation("transmit_done of a payload outside its buffer")
        (buffer.pointee.off, buffer.pointee.len) = (0, 0)
        result = MESH_E_INVALID
      }
      if buffer.pointee.status > 0 { buffer.pointee.status = MESH_E_INTERNAL }
      transmittedCount -= 1
      host.queue.pointee.appendTransmitted(buffer)
    }
    host.wantFlush()
    return result
  }

  func addCredit(_ link: UInt64, _ frames: UInt32, _ bytes: UInt64) -> Int32 {
    guard let record = host.links.pointee.record(link),
      record.pointee.incarnation?.toOpaque() == Unmanaged.passUnretained(self).toOpaque()
    else { return MESH_E_STALE }
    record.pointee.frames = min(record.pointee.frames &+ min(frames, PluginHost.frameLimit), PluginHost.frameLimit)
    record.pointee.bytes = min(record.pointee.bytes &+ min(bytes, PluginHost.byteLimit), PluginHost.byteLimit)
    reportCredit(link, record)
    return MESH_OK
  }

  @inline(__always)
  func reportCredit(_ link: UInt64, _ record: UnsafeMutablePointer<LinkRecord>) {
    guard !record.pointee.creditIsReported else { return }
    record.pointee.creditIsReported = true
    host.queue.pointee.append(.credit(LinkID(rawValue: link)))
    host.wantFlush()
  }
}
