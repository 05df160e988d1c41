// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import CMeshABI
import Glibc
import TransportBytes
import TransportDriver
import TransportTLS

extension Network {
  /// Bytes that one connection reads in a turn.
  private static let readLimit = 256 << 10

  func ready(_ connection: Connection, _ mask: UInt32) {
    switch connection.phase {
    case .dialling: attemptEnded(connection)
    case .open:
      if mask & MESH_WATCH_ERROR != 0, !wantsInput(connection) {
        // It would be told again and again while nothing is read.
        connection.session?.disconnected(now: sessionTime)
        events(connection)
      } else if mask & (MESH_WATCH_READ | MESH_WATCH_ERROR) != 0 {
        receive(connection)
      }
      touch(connection)
    case .closing:
      if mask & (MESH_WATCH_READ | MESH_WATCH_ERROR) != 0, hasEnded(connection) { return drop(connection) }
      touch(connection)
    case .gone: break
    }
  }

  /// What still comes after the session's end is thrown away; true at the end of it.
  private func hasEnded(_ connection: Connection) -> Bool {
    let count = read(connection.descriptor, scratch.baseAddress, scratch.count)
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
  }

  private func receive(_ connection: Connection) {
    var left = min(Self.readLimit, budget)
    while left > 0, connection.phase == .open, let session = connection.session, wantsInput(connection) {
      let count = read(connection.descriptor, scratch.baseAddress, min(scratch.count, left))
      if count > 0 {
        left -= count
        budget -= count
        hold(connection, count)
        guard connection.phase == .open else { return }
        received(UnsafeRawBufferPointer(rebasing: scratch[..<count]), session, connection)
      } else if count < 0, errno == EINTR {
        continue
      } else if count < 0, errno == EAGAIN {
        return
      } else {
        session.disconnected(now: sessionTime)
        return events(connection)
      }
    }
  }

  private func received(
    _ bytes: UnsafeRawBufferPointer, _ session: any ConvergenceSession, _ connection: Connection
  ) {
    guard let tls = connection.tls else {
      session.receive(bytes, now: sessionTime)
      return events(connection)
    }
    tls.input.append(bytes)
    receiveTLS(connection)
  }

  /// During the handshake it is TLS that wants it.
  func wantsInput(_ connection: Connection) -> Bool {
    connection.isHandshaking || connection.session?.wantsInput ?? false
  }

  /// Writes what the session has, and waits for what it wants.
  func flush(_ connection: Connection) {
    guard connection.phase == .open || connection.phase == .closing, let session = connection.session else { return }
    if connection.tls != nil { receiveTLS(connection) }
    var isBlocked = connection.tls == nil ? write(session, connection) : writeTLS(session, connection)
    events(connection)
    guard connection.phase != .gone else { return }
    if connection.phase == .closing, !isBlocked, !connection.hasShutDown {
      if let tls = connection.tls, !connection.isHandshaking {
        tls.close()
        isBlocked = writeTLS(session, connection)
      }
      connection.hasShutDown = true
      shutdown(connection.descriptor, Int32(SHUT_WR))
    }
    var mask = isBlocked ? MESH_WATCH_WRITE : 0
    if connection.phase == .closing || wantsInput(connection) { mask |= MESH_WATCH_READ }
    setMask(connection, mask)
  }

  /// True when the socket takes no more.
  func write(_ session: any ConvergenceSession, _ connection: Connection) -> Bool {
    guard !connection.hasShutDown else { return false }
    while true {
      let count = session.withOutput { bytes in
        bytes.isEmpty ? 0 : Glibc.send(connection.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        session.wrote(count, now: sessionTime)
      } else if count == 0 {
        return false
      } else if errno == EAGAIN {
        return true
      } else if errno != EINTR {
        session.disconnected(now: sessionTime)
        connection.hasShutDown = true
        return false
      }
    }
  }

  private func setMask(_ connection: Connection, _ mask: UInt32) {
    guard connection.mask != mask || mask == 0 else { return }
    connection.mask = mask
    if !host.watch(connection.descriptor, mask, connection.token(.link)) {
      complain(connection, "the host cannot watch the descriptor")
      drop(connection)
    }
  }

  func closeSocket(_ connection: Connection) {
    guard connection.descriptor >= 0 else { return }
    host.unwatch(connection.descriptor)
    close(connection.descriptor)
    connection.descriptor = -1
    connection.mask = 0
  }

  /// Ends a connection at once.
  func drop(_ connection: Connection) {
    guard connection.phase != .gone else { return }
    leave(connection)
    release(connection, connection.held)
    connection.phase = .gone
    closeSocket(connection)
    connections[connection.id] = nil
    guard let index = connection.dialler else { return }
    let now = host.now()
    let time = connection.establishedAt.map { now &- $0 } ?? 0
    diallers[index].ended(stoodFor: time, now: now, random: Random.word())
  }
}
