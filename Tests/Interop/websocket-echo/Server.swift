import CLinux
import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportBytes
import TransportTLS
import WebSocketCore

/// Serves any number of connections on one thread.
struct Server {
  private let authority: Authority
  private let credentials: TLSCredentials?
  private let compression: Bool

  init(_ authority: Authority, _ credentials: TLSCredentials?, compression: Bool) {
    self.authority = authority
    self.credentials = credentials
    self.compression = compression
  }

  /// Runs until something fails, and says what.
  func run() -> String {
    let listener = clinux_socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = (authority.port ?? 0).bigEndian
    guard inet_pton(AF_INET, authority.host, &address.sin_addr) == 1 else { return "not an IPv4 address" }
    var on: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { return "cannot listen: \(String(cString: strerror(errno)))" }
    Console.line(1, "listening on \(authority.host):\(UInt16(bigEndian: address.sin_port))")
    var peers: [Int32: Peer] = [:]
    while true {
      var descriptors = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      descriptors += peers.map { pollfd(fd: $0.key, events: $0.value.wants, revents: 0) }
      guard poll(&descriptors, nfds_t(descriptors.count), -1) >= 0 || errno == EINTR else { return "poll failed" }
      for descriptor in descriptors.dropFirst() where descriptor.revents != 0 {
        guard let peer = peers[descriptor.fd] else { continue }
        peer.ready()
        if peer.isDone { peers[descriptor.fd] = nil }
      }
      if descriptors[0].revents != 0, let peer = accept(listener) { peers[peer.stream.descriptor] = peer }
    }
  }

  private func accept(_ listener: Int32) -> Peer? {
    let descriptor = clinux_accept(listener, nil, nil)
    guard descriptor >= 0 else { return nil }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    do throws(TLSFailure) {
      let tls: TLSSession? =
        if let credentials { try TLSSession(serverWith: credentials, protocols: ["http/1.1"]) } else { nil }
      return Peer(server: Stream(descriptor, tls), compression: compression)
    } catch {
      close(descriptor)
      return nil
    }
  }
}
