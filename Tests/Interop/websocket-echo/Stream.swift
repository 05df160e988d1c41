import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportBytes
import TransportTLS
import WebSocketCore

/// A non-blocking socket with or without TLS on it.
final class Stream {
  let descriptor: Int32
  private let tls: TLSSession?
  private var hasHandshake: Bool

  init(_ descriptor: Int32, _ tls: TLSSession?) {
    self.descriptor = descriptor
    self.tls = tls
    hasHandshake = tls == nil
  }

  deinit { close(descriptor) }

  var isBlocked: Bool { !(tls?.output.isEmpty ?? true) }

  /// Reads what is there: bytes, 0 when there is nothing now, nil at the end.
  func receive(_ target: UnsafeMutableRawPointer, _ room: Int) -> Int? {
    guard let tls else { return Self.result(read(descriptor, target, room)) }
    do throws(TLSFailure) {
      while true {
        if hasHandshake {
          if let count = try tls.receive(target, count: room) { return count == 0 ? nil : count }
        } else if try tls.handshake() {
          hasHandshake = true
          _ = drain()
          continue
        }
        _ = drain()
        guard let count = Self.result(read(descriptor, tls.input.reserve(65_536), 65_536)) else { return nil }
        guard count > 0 else { return 0 }
        tls.input.commit(count)
      }
    } catch {
      _ = drain()
      return nil
    }
  }

  /// Sends what the socket takes; false when the connection is gone.
  func send(_ bytes: ByteBuffer) -> Bool {
    guard let tls else { return push(bytes) }
    guard hasHandshake else { return true }
    while !bytes.isEmpty, tls.output.isEmpty {
      let part = min(bytes.count, 65_536)
      do throws(TLSFailure) { try tls.send(bytes.bytes, count: part) } catch { return false }
      bytes.consume(part)
      guard drain() else { return false }
    }
    return drain()
  }

  /// Ends the sending direction; the other end may still be sending, and a plain close would turn into a reset.
  func finish() {
    tls?.close()
    _ = drain()
    shutdown(descriptor, Int32(SHUT_WR))
  }

  private func drain() -> Bool { tls.map { push($0.output) } ?? true }

  private func push(_ bytes: ByteBuffer) -> Bool {
    while !bytes.isEmpty {
      guard let count = Self.result(Glibc.send(descriptor, bytes.bytes, bytes.count, Int32(MSG_NOSIGNAL))) else {
        return false
      }
      guard count > 0 else { return true }
      bytes.consume(count)
    }
    return true
  }

  private static func result(_ count: Int) -> Int? {
    if count > 0 { return count }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : nil
  }
}
