// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import CMeshABI
import Glibc
import TransportBytes
import TransportTLS

extension Network {
  /// Sealed bytes that may wait for the socket.
  private static let outputMark = 1 << 17

  /// Both ends can do TLS: it begins with what came behind the contact header.
  func startTLS(_ connection: Connection) {
    guard let session = connection.session as? TCPCLSession, let credentials else { return }
    // The contact header goes before and outside of it.
    if write(session, connection) { return breakTLS(connection, "the contact header does not go out") }
    do throws(TLSFailure) {
      let tls = try credentials.session(for: connection)
      connection.tls = tls
      connection.isHandshaking = true
      tls.input.append(session.takeInput())
      touch(connection)
      receiveTLS(connection)
    } catch {
      breakTLS(connection, error.sentence)
    }
  }

  /// Takes what has come as far as the session wants it.
  func receiveTLS(_ connection: Connection) {
    guard let tls = connection.tls, let session = connection.session, connection.phase == .open else { return }
    do throws(TLSFailure) {
      if connection.isHandshaking {
        guard try tls.handshake() else { return }
        connection.isHandshaking = false
        try handshakeEnded(connection, tls)
        touch(connection)
      }
      while connection.phase == .open, session.wantsInput {
        guard let count = try tls.receive(scratch.baseAddress.unsafelyUnwrapped, count: scratch.count) else { return }
        if count == 0 {
          session.disconnected(now: sessionTime)
        } else {
          session.receive(UnsafeRawBufferPointer(rebasing: scratch[..<count]), now: sessionTime)
        }
        events(connection)
      }
    } catch {
      breakTLS(connection, error.sentence)
    }
  }

  private func handshakeEnded(_ connection: Connection, _ tls: TLSSession) throws(TLSFailure) {
    guard let session = connection.session as? TCPCLSession, let credentials else { return }
    let isPinned = connection.address.pin != nil
    let wanted = isPinned ? connection.dialler.map { diallers[$0].neighbour.node } : nil
    let nodes = try credentials.nodes(tls, wanted: wanted)
    connection.proven = nodes
    session.startedTLS(nodes: nodes, now: sessionTime)
    events(connection)
  }

  /// Seals and writes; true when the socket takes no more.
  func writeTLS(_ session: any ConvergenceSession, _ connection: Connection) -> Bool {
    guard let tls = connection.tls, !connection.hasShutDown else { return false }
    while true {
      while !connection.isHandshaking, tls.output.count < Self.outputMark {
        do throws(TLSFailure) {
          let count = try seal(session, tls)
          guard count > 0 else { break }
          session.wrote(count, now: sessionTime)
        } catch {
          breakTLS(connection, error.sentence)
          return false
        }
      }
      guard !tls.output.isEmpty else { return false }
      let count = Glibc.send(connection.descriptor, tls.output.bytes, tls.output.count, Int32(MSG_NOSIGNAL))
      if count > 0 {
        tls.output.consume(count)
      } else if errno == EAGAIN {
        return true
      } else if errno != EINTR {
        session.disconnected(now: sessionTime)
        connection.hasShutDown = true
        return false
      }
    }
  }

  /// Bytes of the session's output that were sealed, at most one record.
  private func seal(_ session: any ConvergenceSession, _ tls: TLSSession) throws(TLSFailure) -> Int {
    let result: Result<Int, TLSFailure> = session.withOutput { bytes in
      guard let start = bytes.baseAddress, bytes.count > 0 else { return .success(0) }
      let count = min(bytes.count, 16_384)
      do throws(TLSFailure) { try tls.send(start, count: count) } catch { return .failure(error) }
      return .success(count)
    }
    return try result.get()
  }

  /// An alert may tell the peer why; the session cannot go on.
  private func breakTLS(_ connection: Connection, _ reason: String) {
    complain(connection, reason)
    if let tls = connection.tls, !tls.output.isEmpty, connection.descriptor >= 0 {
      _ = Glibc.send(connection.descriptor, tls.output.bytes, tls.output.count, Int32(MSG_NOSIGNAL))
    }
    drop(connection)
  }
}
