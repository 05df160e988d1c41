// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXLanes
import HTXTCP
import TransportBytes
import TransportDriver
import TransportTLS

extension Instance {
  /// Bytes that one write should at least be offered.
  private static let writeBytes = 131_072
  /// The same for visitors, who are many and may not read what they asked for.
  private static let visitorWriteBytes = 16_384
  /// Bytes that one connection reads before others have their turn.
  private static let readBytes = 1 << 20

  /// The handshake goes as far as its input allows.
  func stepTLS(_ connection: Connection) {
    guard let tls = connection.tls else { return }
    do throws(TLSFailure) {
      let isDone = try tls.handshake()
      flush(connection)
      guard isDone, connection.phase == .tls else { return }
    } catch {
      _ = drain(connection, tls)
      let code = error.isAuthentication ? MESH_E_AUTH : MESH_E_PROTOCOL
      return end(
        connection, Failure(code, error.isAuthentication ? MESH_CLASS_AUTH : MESH_CLASS_PEER, "TLS: \(error.sentence)"))
    }
    connection.phase = .visiting
    guard !connection.isVisit else {
      overtake(connection)
      beginPage(connection)
      guard connection.phase != .gone else { return }
      touch(connection)
      return receive(connection)
    }
    let isSecond = tls.applicationProtocol == "h2"
    if !connection.isServer {
      guard isSecond else {
        return end(connection, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "the site does not speak HTTP/2"))
      }
      overtake(connection)
      showTicket(connection)
    } else if isSecond {
      connection.server = ServerConnection(
        connection.site ?? site, connection, settings: calibrated.settings, clock: Self.wallClock)
    } else {
      connection.plain = PlainConnection(connection.site ?? site, clock: Self.wallClock)
    }
    guard connection.phase != .gone else { return }
    if connection.isServer { connection.timer = VisitorTimer(settings.visitor, now: host.now()) }
    renewDeadline(connection)
    touch(connection)
    receive(connection)
  }

  /// The socket has bytes, or ended.
  func readable(_ connection: Connection) {
    guard connection.phase == .tls else { return receive(connection) }
    if connection.isServer {
      // The socket announces its bytes again in the next turn.
      guard handshakes > 0 else { return }
      handshakes -= 1
    }
    if let tls = connection.tls, fill(connection, tls) { stepTLS(connection) }
  }

  /// Reads until the socket is empty or the connection has had its share.
  func receive(_ connection: Connection) {
    guard let tls = connection.tls else { return }
    let isVisitor = connection.isServer && !connection.wasUp
    var share = min(Self.readBytes, budget, isVisitor ? visitorBudget : .max)
    while connection.phase != .gone, connection.phase != .tls, !connection.isStarved, connection.ending == nil {
      // Whoever asks faster than he reads waits.
      guard connection.plain?.wantsInput ?? true else {
        return setMask(connection, connection.mask & ~MESH_WATCH_READ | MESH_WATCH_WRITE)
      }
      guard share > 0 else {
        return readLater(connection)
      }
      do throws(TLSFailure) {
        guard let count = try tls.receive(scratch, count: Self.scratchBytes) else {
          guard fill(connection, tls) else { break }
          continue
        }
        guard count > 0 else {
          readEnded(connection, 0)
          break
        }
        share &-= count
        budget &-= count
        if isVisitor { visitorBudget &-= count }
        take(connection, UnsafeRawBufferPointer(start: scratch, count: count))
      } catch {
        return end(connection, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "TLS: \(error.sentence)"))
      }
    }
    if connection.phase != .gone { touch(connection) }
  }

  /// The session may hold bytes that the socket does not announce any more: they are read in a turn to come.
  func readLater(_ connection: Connection) {
    guard !connection.hasUnreadTLS else { return }
    connection.hasUnreadTLS = true
    unread.append(connection)
    host.post(Token(.wake).raw)
  }

  private func take(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) {
    if let plain = connection.plain { return plain.receive(bytes) }
    let isGood =
      connection.server?.receive(bytes) ?? connection.client?.receive(bytes)
      ?? connection.page.map { receivePage(connection, $0, bytes) } ?? false
    guard !isGood, connection.ending == nil else { return }
    if connection.wasUp { figures.violations &+= 1 }
    connection.ending = Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "the other end broke HTTP/2")
  }

  /// Moves bytes from the socket to the session; false when there are none.
  private func fill(_ connection: Connection, _ tls: TLSSession) -> Bool {
    let count = read(connection.descriptor, tls.input.reserve(Self.scratchBytes), Self.scratchBytes)
    guard count > 0 else {
      readEnded(connection, count == 0 ? 0 : errno)
      return false
    }
    tls.input.commit(count)
    return true
  }

  private func readEnded(_ connection: Connection, _ number: Int32) {
    switch number {
    case EAGAIN, EINTR: break
    case 0:
      let failure = Failure(MESH_E_RESET, MESH_CLASS_PEER, "the other end closed the connection without a word")
      end(connection, connection.ending ?? failure)
    default: end(connection, Failure(errno: number, "read"))
    }
  }

  /// Moves bytes from the session to the socket; false when the socket takes no more.
  private func drain(_ connection: Connection, _ tls: TLSSession) -> Bool {
    while !tls.output.isEmpty {
      let count = Glibc.send(connection.descriptor, tls.output.bytes, tls.output.count, Int32(MSG_NOSIGNAL))
      if count > 0 {
        tls.output.consume(count)
      } else if errno == EAGAIN {
        return false
      } else if errno != EINTR {
        end(connection, Failure(errno: errno, "write"))
        return false
      }
    }
    return true
  }

  /// A visitor has the time that what he does allows.
  func renewDeadline(_ connection: Connection) {
    guard connection.phase == .visiting, connection.timer != nil,
      let progress = connection.server?.progress ?? connection.plain?.progress ?? connection.laneServer?.progress,
      let deadline = connection.timer?.update(progress, now: host.now())
    else { return }
    setDeadline(connection, deadline)
    visitors.mark(connection.slot, isIdle: connection.timer?.isIdle == true)
  }

  /// Writes until nothing is left, the socket is full, or the turn's share is used up.
  func flush(_ connection: Connection) {
    write(connection)
    if connection.phase != .gone { renewDeadline(connection) }
  }

  private func write(_ connection: Connection) {
    guard let tls = connection.tls else { return }
    while connection.descriptor >= 0 {
      guard drain(connection, tls), budget > 0 else {
        if connection.phase != .gone { setMask(connection, connection.mask | MESH_WATCH_WRITE) }
        return
      }
      do throws(TLSFailure) {
        guard try gather(connection, tls) else { break }
      } catch {
        return end(connection, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "TLS: \(error.sentence)"))
      }
    }
    guard connection.phase != .gone else { return }
    setMask(connection, connection.mask & ~MESH_WATCH_WRITE)
    if connection.phase != .gone { afterFlush(connection) }
  }

  /// Seals what HTTP has to send, many frames in few records; false when there is nothing.
  private func gather(_ connection: Connection, _ tls: TLSSession) throws(TLSFailure) -> Bool {
    if let plain = connection.plain {
      guard let bytes = plain.send(), let base = bytes.baseAddress else { return false }
      try tls.send(base, count: bytes.count)
      plain.sent(bytes.count)
      budget &-= bytes.count
      return true
    }
    let frames = connection.frames
    let enough = connection.wasUp ? Self.writeBytes : Self.visitorWriteBytes
    while frames.count < enough, let bytes = connection.nextFrames() {
      frames.append(bytes)
    }
    guard !frames.isEmpty else { return false }
    try tls.send(frames.bytes, count: frames.count)
    budget &-= frames.count
    frames.removeAll()
    return true
  }
}
