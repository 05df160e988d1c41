// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import WebSocketCore
import WebSocketMiniHost

/// A TCP connection, or a listener, that says what a test wants to be said.
final class RawSocket {
  let descriptor: Int32
  private(set) var received: [UInt8] = []
  private(set) var isEnded = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Connects to a port of this machine.
  convenience init(port: UInt16) {
    self.init(socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    withLoopback(port) { _ = connect(descriptor, $0, $1) }
    _ = clinux_set_nonblocking(descriptor)
  }

  /// Listens on a free port, or only keeps others from it when `listens` is false: who dials it then is refused.
  static func listener(listens: Bool = true) -> (socket: RawSocket, port: UInt16) {
    let made = RawSocket(clinux_socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var port: UInt16 = 0
    withLoopback(0) { address, length in
      var length = length
      _ = bind(made.descriptor, address, length)
      if listens { _ = listen(made.descriptor, 8) }
      _ = getsockname(made.descriptor, address, &length)
      port = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
    return (made, port)
  }

  /// The next connection, or nil.
  func accepted() -> RawSocket? {
    let other = clinux_accept(descriptor, nil, nil)
    return other < 0 ? nil : RawSocket(other)
  }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
  func send(_ text: String) { send(Array(text.utf8)) }

  /// Takes what has arrived.
  func receive() {
    var space = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &space, space.count)
      if count == 0 || count < 0 && errno != EAGAIN { isEnded = true }
      guard count > 0 else { return }
      received += space[..<count]
    }
  }

  func takeReceived() -> [UInt8] {
    defer { received = [] }
    return received
  }

  var text: String { String(decoding: received, as: UTF8.self) }
}

private func withLoopback(_ port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Void) {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
  }
}
