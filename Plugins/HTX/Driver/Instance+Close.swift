// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXTCP
import TransportBytes
import TransportDriver
import TransportTLS

extension Instance {
  /// The host ends the link.
  func disconnect(_ connection: Connection, gracefully: Bool) {
    guard connection.wasUp else {
      return end(connection, Failure(MESH_E_CANCELLED, MESH_CLASS_NONE, "given up on request"))
    }
    guard gracefully else { return end(connection, Self.closed) }
    guard connection.phase == .open else { return }
    connection.phase = .closing
    setDeadline(connection, host.now() &+ settings.closeTimeout)
    resumeAll(connection)
    touch(connection)
  }

  /// What remains to be done once everything has been written.
  func afterFlush(_ connection: Connection) {
    if connection.phase == .closing {
      // Windows of the other end may hold something back; then its updates lead here again.
      guard connection.lanes.allSatisfy(\.isEmpty) else { return }
      end(connection, Self.closed)
    } else if let plain = connection.plain {
      if !plain.isAlive { return end(connection, Self.closed) }
      guard connection.mask & MESH_WATCH_READ == 0, plain.wantsInput else { return }
      setMask(connection, connection.mask | MESH_WATCH_READ)
      readLater(connection)
    } else if let server = connection.server, !server.isAlive {
      end(connection, Self.closed)
    }
  }

  /// The end of a connection in whatever state: buffers go back, then the host hears of it.
  func end(_ connection: Connection, _ failure: Failure) {
    guard connection.phase != .gone else { return }
    // Whatever ends a link that was to be closed: it is closed.
    let failure = connection.phase == .closing ? Self.closed : failure
    let isOrderly = failure.code == MESH_E_CLOSED || failure.code == MESH_E_PROTOCOL
    connection.phase = .gone
    if connection.isCalibration { calibrationEnded(connection, failure) }
    if case .returning(let link) = connection.purpose { returnEnded(connection, link) }
    if connection.descriptor >= 0 {
      if isOrderly, let tls = connection.tls { sayGoodbye(connection, tls.output.isEmpty) }
      host.unwatch(connection.descriptor)
      close(connection.descriptor)
      connection.descriptor = -1
    }
    closeAttempts(connection)
    if connection.laneClient != nil, failure.code == MESH_E_TIMEOUT, let address = connection.address {
      let life = connection.wasUp ? host.now() &- connection.upAt : 0
      withoutQUIC.broke(address.authority, after: life, now: host.now(), pause: settings.quicPause)
    }
    if !inReady { departed.append((connection, connection.http3)) }
    leavePort(connection, isOrderly: isOrderly)
    for lane in connection.lanes.indices { dropLane(connection, lane) }
    giveBackCompleted()
    deliverArrived()
    forget(connection)
    if connection.link != 0 {
      report(connection.wasUp ? MESH_EVENT_DOWN : MESH_EVENT_FAILED, link: connection.link, failure)
    }
  }

  /// One attempt to send what TLS ends with, and to read what would turn the close into a reset.
  private func sayGoodbye(_ connection: Connection, _ isClean: Bool) {
    guard isClean, let tls = connection.tls else { return }
    tls.close()
    _ = send(connection.descriptor, tls.output.bytes, tls.output.count, Int32(MSG_NOSIGNAL))
    shutdown(connection.descriptor, Int32(SHUT_WR))
    _ = recv(connection.descriptor, scratch, Self.scratchBytes, Int32(MSG_DONTWAIT))
  }

  private func dropLane(_ connection: Connection, _ lane: Int) {
    while !connection.lanes[lane].isEmpty {
      let buffer = connection.lanes[lane].removeFirst()
      if buffer.isPacket { complete(buffer, MESH_E_CLOSED) }
    }
    if connection.lanes[lane].hasBuffer {
      host.put(&connection.lanes[lane].buffer, 1)
      connection.lanes[lane].hasBuffer = false
    }
    connection.lanes[lane].stash = nil
  }
}
