// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Sockets for a host and port.
enum Endpoint {
  /// A listening socket and the port it has.
  static func listen(_ host: String, _ port: String) throws(Connection.Failure) -> (socket: Int32, port: UInt16) {
    try first(host, port) { (socket, address) throws(Connection.Failure) in
      var yes: Int32 = 1
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
      guard bind(socket, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(socket, 16) == 0 else {
        throw .system(call: "bind", code: errno)
      }
      var name = sockaddr_in6()
      var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
      withUnsafeMutableBytes(of: &name) {
        _ = getsockname(socket, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
      }
      // The port lies at the same place for both families.
      return (socket, UInt16(bigEndian: name.sin6_port))
    }
  }

  /// A connected socket.
  static func connect(_ host: String, _ port: String, timeout: Int) throws(Connection.Failure) -> Connection {
    try first(host, port) { (socket, address) throws(Connection.Failure) in
      guard Glibc.connect(socket, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS else {
        throw .system(call: "connect", code: errno)
      }
      // From a duplicate, as the caller closes the socket when this fails.
      let connection = Connection(socket: dup(socket))
      connection.allow(seconds: timeout)
      try connection.finishConnecting()
      close(socket)
      return connection
    }
  }

  /// The next connection of a listening socket.
  static func accept(_ listener: Int32) -> Connection? {
    while true {
      let socket = clinux_accept(listener, nil, nil)
      if socket >= 0 { return Connection(socket: socket) }
      guard socket == -EAGAIN || socket == -EINTR || socket == -ECONNABORTED else { return nil }
      var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, -1)
    }
  }

  /// What `use` makes of a socket for the first address of the host for which it does not fail.
  private static func first<Result>(
    _ host: String, _ port: String, _ use: (Int32, addrinfo) throws(Connection.Failure) -> Result
  ) throws(Connection.Failure) -> Result {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, port, &hints, &list) == 0 else { throw .system(call: "getaddrinfo", code: ENOENT) }
    defer { freeaddrinfo(list) }
    var failure = Connection.Failure.system(call: "getaddrinfo", code: ENOENT)
    var next = list
    while let address = next?.pointee {
      next = address.ai_next
      let socket = clinux_socket(address.ai_family, address.ai_socktype, address.ai_protocol)
      guard socket >= 0 else {
        failure = .system(call: "socket", code: -socket)
        continue
      }
      do throws(Connection.Failure) {
        return try use(socket, address)
      } catch {
        close(socket)
        failure = error
      }
    }
    throw failure
  }
}
