// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import TransportBytes
import TransportTLS

@testable import HTXDriver

/// A visitor over HTTP/1.1 who asks for files of the site.
final class PlainVisitor {
  private let descriptor: Int32
  private let session: TLSSession
  private(set) var answer = ""
  private(set) var isReady = false
  private var scratch = [UInt8](repeating: 0, count: 65_536)

  /// Has a descriptor from here on; `connect` needs none.
  init(to text: String) throws {
    let site = try #require(HTXAddress(text))
    session = try TLSSession(
      clientOf: site.host, isLiteral: true, pin: site.key, protocols: ["http/1.1"], TLSCredentials(forPins: ()))
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    name.sin_port = site.port.bigEndian
    let status = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(descriptor >= 0 && (status == 0 || errno == EINPROGRESS))
  }

  deinit { close(descriptor) }

  /// Asks for a file; the answer begins anew.
  func ask(_ path: String) throws {
    answer = ""
    let request = Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    try request.withUnsafeBytes { try session.send($0.baseAddress!, count: $0.count) }
  }

  /// Moves what there is to move, without waiting.
  func step() throws {
    let count = read(descriptor, session.input.reserve(65_536), 65_536)
    if count > 0 { session.input.commit(count) }
    if !isReady { isReady = try session.handshake() }
    if isReady {
      while let count = try session.receive(&scratch, count: scratch.count), count > 0 {
        answer += String(decoding: scratch[..<count], as: UTF8.self)
      }
    }
    while !session.output.isEmpty {
      let sent = send(descriptor, session.output.bytes, session.output.count, Int32(MSG_NOSIGNAL))
      guard sent > 0 else { break }
      session.output.consume(sent)
    }
  }
}
