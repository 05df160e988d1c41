// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXLanes
import HTXTCP
import TransportBytes
import TransportDriver

extension Instance {
  /// Bytes that the lanes of a connection may bring before all of them are open.
  private static let earlyBytes = 65_536

  /// Bytes arrived on a lane; returns how many were taken. The rest waits for buffers of the pool, and the lane's window
  /// shrinks meanwhile.
  func received(_ connection: Connection, _ number: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard connection.phase != .gone else { return bytes.count }
    guard connection.isUp else { return keep(connection, number, bytes) }
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

  /// One lane may be open and bring something before the last one is: it waits, for where packets begin counts from the
  /// first byte.
  private func keep(_ connection: Connection, _ number: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    let early = connection.lanes.reduce(bytes.count) { $0 + ($1.stash?.count ?? 0) }
    guard early <= Self.earlyBytes else {
      figures.violations &+= 1
      connection.ending = Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "\(early) bytes before the link was up")
      touch(connection)
      return bytes.count
    }
    let stash = connection.lanes[number].stash ?? ByteBuffer(capacity: bytes.count)
    stash.append(bytes)
    connection.lanes[number].stash = stash
    return 0
  }

  /// The link is up: what came early is taken up in the next turn.
  func takeEarly(_ connection: Connection) {
    guard !connection.isStarved, connection.lanes.contains(where: { $0.stash != nil }) else { return }
    connection.isStarved = true
    starved.append(connection)
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
      connection.laneServer?.consume(number, taken)
      connection.laneClient?.consume(number, taken)
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
    defer { figures.paddingIn &+= UInt64(connection.lanes[number].reader.takePadding()) }
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
      guard let length = connection.lanes[number].reader.length(bytes, &at) else { return at }
      if length == LaneNumbers.widening, number == 0, connection.opensLater {
        connection.lanes[number].reader.accept(&at)
        widened(connection)
        continue
      }
      guard length <= 65_528 else {
        figures.violations &+= 1
        connection.ending = Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "a packet of \(length) bytes")
        return at
      }
      guard let buffer = length <= 2048 ? small.take(host) : large.take(host) else { return at }
      connection.lanes[number].reader.accept(&at)
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
