// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// One name to be resolved on the host's pool for blocking work.
package final class Resolution {
  private let name: String
  private let port: UInt16
  /// Written on the pool's thread before the result is reported, read on the loop's after it.
  package private(set) var addresses: [SocketAddress] = []
  package private(set) var failure: Failure?

  package init(name: String, port: UInt16) {
    self.name = name
    self.port = port
  }

  /// Blocks. At most eight addresses are kept.
  package func run() {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(name, String(port), &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    guard status == 0 else {
      let category = status == EAI_AGAIN ? MESH_CLASS_TRANSIENT : MESH_CLASS_CONFIG
      failure = Failure(MESH_E_UNREACHABLE, category, "resolving \(name): \(String(cString: gai_strerror(status)))")
      return
    }
    var entry = list
    while let current = entry, addresses.count < 8 {
      if let address = current.pointee.ai_addr {
        addresses.append(SocketAddress(address, length: current.pointee.ai_addrlen))
      }
      entry = current.pointee.ai_next
    }
  }
}
