// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// TCP sockets as plugins want them: non-blocking, without delay.
package enum Socket {
  /// A listening socket; an IPv6 wildcard takes IPv4 as well.
  package static func listen(on address: SocketAddress) throws(Failure) -> Int32 {
    let descriptor = clinux_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(errno: -descriptor, "socket") }
    set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
    guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 256) == 0 else {
      let number = errno
      Glibc.close(descriptor)
      throw Failure(errno: number, "bind to \(address.text)")
    }
    return descriptor
  }

  /// A socket that is connecting or connected.
  package static func connect(to address: SocketAddress, sendBuffer: Int = 0, receiveBuffer: Int = 0) throws(Failure)
    -> Int32
  {
    let descriptor = clinux_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(errno: -descriptor, "socket") }
    tune(descriptor, sendBuffer: sendBuffer, receiveBuffer: receiveBuffer)
    guard address.withPointer({ Glibc.connect(descriptor, $0, $1) }) != 0 else { return descriptor }
    let number = errno
    guard number != EINPROGRESS else { return descriptor }
    Glibc.close(descriptor)
    throw Failure(errno: number, "connect to \(address.text)")
  }

  /// The outcome of a connect: 0 or an errno.
  package static func error(_ descriptor: Int32) -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : errno
  }

  package static func tune(_ descriptor: Int32, sendBuffer: Int = 0, receiveBuffer: Int = 0) {
    set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    if sendBuffer > 0 { set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(sendBuffer)) }
    if receiveBuffer > 0 { set(descriptor, SOL_SOCKET, SO_RCVBUF, Int32(receiveBuffer)) }
  }

  package static func localAddress(_ descriptor: Int32) -> SocketAddress {
    var address = SocketAddress()
    _ = address.fill { getsockname(descriptor, $0, $1) }
    return address
  }

  package static func remoteAddress(_ descriptor: Int32) -> SocketAddress {
    var address = SocketAddress()
    _ = address.fill { getpeername(descriptor, $0, $1) }
    return address
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
