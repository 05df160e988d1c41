import CMeshABI
import Glibc
import TransportBytes
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

extension Instance {
  /// Reads into `first` and, once that is full, into `second`. Returns how many bytes came, and 0 when none are there
  /// or the link has ended.
  func read(
    _ link: Link, _ first: UnsafeMutableRawPointer?, _ firstCount: Int, _ second: UnsafeMutableRawPointer,
    _ secondCount: Int
  ) -> Int {
    if let tls = link.tls { return read(link, tls, first, firstCount, second, secondCount) }
    vectors[0] = iovec(iov_base: first ?? second, iov_len: first == nil ? secondCount : firstCount)
    vectors[1] = iovec(iov_base: second, iov_len: secondCount)
    figures.reads &+= 1
    let count = readv(link.descriptor, vectors, first == nil ? 1 : 2)
    if count > 0 { return count }
    readEnded(link, count == 0 ? 0 : errno)
    return 0
  }

  private func readEnded(_ link: Link, _ number: Int32) {
    switch number {
    case EAGAIN, EINTR: break
    case 0 where link.closeReceived || link.closeSent && link.phase == .closing: end(link, link.ending)
    case 0: end(link, Failure(MESH_E_RESET, MESH_CLASS_PEER, "the other end closed the connection without a word"))
    default: end(link, Failure(errno: number, "read"))
    }
  }

  private func read(
    _ link: Link, _ tls: TLSSession, _ first: UnsafeMutableRawPointer?, _ firstCount: Int,
    _ second: UnsafeMutableRawPointer, _ secondCount: Int
  ) -> Int {
    var total = 0
    while total < firstCount &+ secondCount {
      let target = total < firstCount ? first.unsafelyUnwrapped + total : second + (total &- firstCount)
      let room = total < firstCount ? firstCount &- total : firstCount &+ secondCount &- total
      do {
        if let count = try tls.receive(target, count: room) {
          guard count > 0 else {
            if total == 0 { readEnded(link, 0) }
            return total
          }
          total &+= count
          continue
        }
      } catch {
        end(link, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "TLS: \(error.sentence)"))
        return 0
      }
      guard fillTLS(link, tls) else { return link.phase == .gone ? 0 : total }
      if total > 0, total >= firstCount { return total }
    }
    return total
  }

  /// Moves bytes from the socket to the session; false when there are none.
  func fillTLS(_ link: Link, _ tls: TLSSession) -> Bool {
    figures.reads &+= 1
    let count = Glibc.read(link.descriptor, tls.input.reserve(Self.scratchBytes), Self.scratchBytes)
    guard count > 0 else {
      readEnded(link, count == 0 ? 0 : errno)
      return false
    }
    tls.input.commit(count)
    return true
  }

  /// Moves bytes from the session to the socket; false when the socket takes no more.
  func drainTLS(_ link: Link, _ tls: TLSSession) -> Bool {
    while !tls.output.isEmpty {
      figures.writes &+= 1
      let count = Glibc.send(link.descriptor, tls.output.bytes, tls.output.count, Int32(MSG_NOSIGNAL))
      if count > 0 {
        tls.output.consume(count)
      } else if errno == EAGAIN {
        return false
      } else if errno != EINTR {
        end(link, Failure(errno: errno, "write"))
        return false
      }
    }
    return true
  }
}
