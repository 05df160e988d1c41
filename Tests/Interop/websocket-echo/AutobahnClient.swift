// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import WebSocketCore

/// Runs the cases of an Autobahn fuzzing server, one connection each.
struct AutobahnClient {
  private static let agent = "mesh"
  private let address: WebSocketAddress
  private let compression: Bool

  init(_ address: WebSocketAddress, compression: Bool) {
    self.address = address
    self.compression = compression
  }

  func run() {
    guard let count = Int(visit("/getCaseCount", echoes: false)) else {
      return Console.line(2, "the server does not say how many cases there are")
    }
    for number in stride(from: 1, through: count, by: 1) {
      _ = visit("/runCase?case=\(number)&agent=\(Self.agent)", echoes: true)
    }
    _ = visit("/updateReports?agent=\(Self.agent)", echoes: false)
    Console.line(1, "ran \(count) cases")
  }

  /// Stays until the server ends the connection; the last text that it sent.
  private func visit(_ path: String, echoes: Bool) -> String {
    var target = address
    target.path = path
    let descriptor = clinux_socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var remote = sockaddr_in()
    remote.sin_family = sa_family_t(AF_INET)
    remote.sin_port = target.port.bigEndian
    guard inet_pton(AF_INET, target.host, &remote.sin_addr) == 1 else { return "" }
    let status = withUnsafePointer(to: &remote) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 || errno == EINPROGRESS else { return "" }
    let peer = Peer(client: Stream(descriptor, nil), to: target, compression: compression, echoes: echoes)
    while !peer.isDone {
      var waiting = pollfd(fd: descriptor, events: peer.wants, revents: 0)
      guard poll(&waiting, 1, 60_000) > 0 else { break }
      peer.ready()
    }
    return peer.lastText
  }
}
