// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXTCP
import TransportBytes
import TransportDriver
import TransportTLS

extension Instance {
  /// The TLS exporter's label of links.
  static let exporterLabel = "EXPORTER-mesh-htx"

  /// All lanes are open: the link is up. Called while HTTP is on the stack.
  func opened(_ connection: Connection) {
    guard !connection.wasUp, connection.phase == .visiting, let tls = connection.tls else { return }
    if connection.isServer, !announce(connection) {
      connection.ending = Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host takes no more links")
      return
    }
    connection.phase = .open
    connection.wasUp = true
    connection.timer = nil
    visitors.leave(connection.slot)
    setDeadline(connection, MESH_DEADLINE_NONE)
    let binding = tls.channelBinding(Self.exporterLabel) + connection.ticketDigest
    var caps = Information.capabilities(mtu: settings.mtu)
    binding.withUnsafeBytes { bytes in
      withUnsafeBytes(of: &caps) { extra in
        var event = mesh_link_event()
        event.kind = MESH_EVENT_UP
        event.link = connection.link
        event.data.ptr = bytes.baseAddress
        event.data_len = UInt32(bytes.count)
        event.extra.ptr = extra.baseAddress
        event.extra_len = UInt32(extra.count)
        host.event(&event)
      }
    }
    host.credit(connection.link, frames: UInt32(settings.queueFrames), bytes: UInt64(settings.queueBytes))
  }

  /// Asks the host for a link; false when it wants none.
  private func announce(_ connection: Connection) -> Bool {
    guard links.count < settings.maximumLinks, !isStopping else { return false }
    var event = mesh_link_event()
    event.kind = MESH_EVENT_INCOMING
    event.listener = connection.listener
    event.token = connection.remote.sourceToken
    var text = "htx+tcp://\(connection.remote.text)"
    text.withUTF8 { bytes in
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(bytes.count)
      host.event(&event)
    }
    guard event.link != 0 else { return false }
    connection.link = event.link
    links[event.link] = connection
    return true
  }

  /// Takes buffers of the host.
  func transmit(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    for index in 0..<count {
      let buffer = buffers[index]
      guard let connection = links[buffer.link], connection.phase == .open else {
        complete(buffer, MESH_E_STALE)
        continue
      }
      guard Int(buffer.len) <= settings.mtu, buffer.len > 0 else {
        complete(buffer, buffer.len == 0 ? MESH_E_INVALID : MESH_E_MTU)
        continue
      }
      guard Int(buffer.stream) < LaneNumbers.count else {
        complete(buffer, MESH_E_INVALID)
        continue
      }
      let lane = Int(buffer.stream)
      let wasEmpty = connection.lanes[lane].isEmpty
      connection.lanes[lane].append(buffer)
      if wasEmpty { resume(connection, lane) }
      touch(connection)
    }
  }

  private func resume(_ connection: Connection, _ lane: Int) {
    connection.server?.resume(lane)
    connection.client?.resume(lane)
  }

  /// Tells every lane that it may end. Not to be called while HTTP is on the stack.
  func resumeAll(_ connection: Connection) {
    for lane in 0..<LaneNumbers.count { resume(connection, lane) }
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

  func deliverArrived() {
    if arrived.count > 0 { host.deliver(arrived.storage, arrived.count) }
    arrived.removeAll()
  }

  /// Copies packets of a lane, each behind its length, into a frame of HTTP.
  func fill(_ connection: Connection, _ number: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
    guard let base = target.baseAddress else { return 0 }
    var written = 0
    while written < target.count, !connection.lanes[number].isEmpty {
      let buffer = connection.lanes[number].first
      let whole = Int(buffer.len) + Information.frameHeader
      var sent = connection.lanes[number].sent
      if sent < Information.frameHeader {
        let byte = sent == 0 ? buffer.len >> 8 : buffer.len & 0xFF
        (base + written).storeBytes(of: UInt8(byte), as: UInt8.self)
        written += 1
        connection.lanes[number].sent += 1
        continue
      }
      let part = min(whole - sent, target.count - written)
      let source = buffer.data.ptr + Int(buffer.off) + sent - Information.frameHeader
      (base + written).copyMemory(from: source, byteCount: part)
      written += part
      sent += part
      connection.lanes[number].sent = sent
      if sent == whole { frameLeft(connection, number) }
    }
    return written == 0 && connection.phase == .closing ? -1 : written
  }

  private func frameLeft(_ connection: Connection, _ lane: Int) {
    let buffer = connection.lanes[lane].removeFirst()
    figures.framesOut &+= 1
    figures.bytesOut &+= UInt64(buffer.len)
    connection.returnedFrames &+= 1
    connection.returnedBytes &+= UInt64(buffer.len)
    touch(connection)
    complete(buffer, MESH_OK)
  }

  /// Bytes arrived on a lane; returns how many were taken. The rest waits for buffers of the pool, and the lane's window
  /// shrinks meanwhile.
  func received(_ connection: Connection, _ number: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard connection.isUp else { return bytes.count }
    if let stash = connection.lanes[number].stash {
      stash.append(bytes)
      return 0
    }
    let taken = ingest(connection, number, bytes)
    guard taken < bytes.count, connection.ending == nil else { return bytes.count }
    let stash = ByteBuffer(capacity: bytes.count - taken)
    stash.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
    connection.lanes[number].stash = stash
    if !connection.isStarved {
      connection.isStarved = true
      starved.append(connection)
    }
    return taken
  }

  /// Takes up what waited for buffers.
  func resumeStarved(_ connection: Connection) {
    connection.isStarved = false
    for number in 0..<LaneNumbers.count {
      guard let stash = connection.lanes[number].stash else { continue }
      let taken = ingest(connection, number, stash.readable)
      stash.consume(taken)
      connection.server?.consume(number, taken)
      connection.client?.consume(number, taken)
      if stash.isEmpty {
        connection.lanes[number].stash = nil
      } else if !connection.isStarved {
        connection.isStarved = true
        starved.append(connection)
      }
    }
    touch(connection)
  }

  /// Cuts bytes into packets; returns how many it took: all, unless buffers ran out or the other end broke the framing.
  private func ingest(_ connection: Connection, _ number: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var at = 0
    while at < bytes.count {
      if connection.lanes[number].hasBuffer {
        let part = min(connection.lanes[number].missing, bytes.count - at)
        let length = Int(connection.lanes[number].buffer.len)
        UnsafeMutableRawPointer(connection.lanes[number].buffer.data.ptr + length)
          .copyMemory(from: base + at, byteCount: part)
        connection.lanes[number].buffer.len += UInt32(part)
        connection.lanes[number].missing -= part
        at += part
        if connection.lanes[number].missing == 0 { packetArrived(connection, number) }
        continue
      }
      guard let high = connection.lanes[number].partialLength else {
        connection.lanes[number].partialLength = bytes[at]
        at += 1
        continue
      }
      let length = Int(high) << 8 | Int(bytes[at])
      guard length > 0, length <= 65_528 else {
        figures.violations &+= 1
        connection.ending = Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "a packet of \(length) bytes")
        return at
      }
      guard let buffer = length <= 2048 ? small.take(host) : large.take(host) else { return at }
      at += 1
      connection.lanes[number].partialLength = nil
      connection.lanes[number].buffer = buffer
      connection.lanes[number].buffer.off = 0
      connection.lanes[number].buffer.len = 0
      connection.lanes[number].hasBuffer = true
      connection.lanes[number].missing = length
    }
    return at
  }

  private func packetArrived(_ connection: Connection, _ number: Int) {
    var buffer = connection.lanes[number].buffer
    connection.lanes[number].hasBuffer = false
    figures.framesIn &+= 1
    figures.bytesIn &+= UInt64(buffer.len)
    buffer.link = connection.link
    buffer.stream = UInt32(number)
    arrived.append(buffer)
    if arrived.isFull { deliverArrived() }
  }
}
