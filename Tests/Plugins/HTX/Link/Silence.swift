// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A socket over UDP and one over TCP that nothing reads, so that nobody answers and nobody refuses.
final class Silence {
  let descriptors: [Int32]
  let port: UInt16

  init() {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let stream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(stream, $0, length)
        _ = listen(stream, 128)
        _ = getsockname(stream, $0, &length)
        _ = bind(datagrams, $0, length)
      }
    }
    descriptors = [stream, datagrams]
    port = UInt16(bigEndian: name.sin_port)
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
