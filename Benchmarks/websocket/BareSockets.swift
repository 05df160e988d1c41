// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import WebSocketMiniHost

/// The reference: the same bytes by write and read over TCP on loopback, in two pinned threads.
struct BareSockets: Sendable {
  let size: Int
  let seconds: Double

  init(_ size: Int, _ seconds: Double) {
    self.size = size
    self.seconds = seconds
  }

  /// Bytes a second.
  func run() -> Double {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, length)
        _ = getsockname(listener, $0, &length)
      }
    }
    listen(listener, 1)
    let target = address
    let companion = Companion { send(to: target) }
    clinux_pin_to_cpu(1)
    let descriptor = accept(listener, nil, nil)
    let space = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 64)
    var received = 0
    let start = MiniHost.now()
    while case let count = read(descriptor, space, 65_536), count > 0 { received += count }
    let rate = Double(received) / Double(MiniHost.now() - start) * 1e9
    companion.join()
    close(descriptor)
    close(listener)
    space.deallocate()
    return rate
  }

  private func send(to target: sockaddr_in) {
    clinux_pin_to_cpu(0)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var target = target
    withUnsafePointer(to: &target) { pointer in
      _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    let space = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    memset(space, 7, size)
    let end = MiniHost.now() + UInt64(seconds * 1e9)
    while MiniHost.now() < end { Glibc.write(descriptor, space, size) }
    close(descriptor)
    space.deallocate()
  }
}
