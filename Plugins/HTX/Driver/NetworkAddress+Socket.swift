// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXQUIC
import TransportDriver

extension NetworkAddress {
  /// The same address for QUIC; nil when it is neither IPv4 nor IPv6.
  init?(_ address: SocketAddress) {
    let raw = address.withPointer { cquic_address_of($0, $1) }
    guard withUnsafePointer(to: raw, { cquic_address_length($0) }) > 0 else { return nil }
    self.init(raw)
  }
}

extension SocketAddress {
  /// The same address for the socket calls.
  init(_ address: NetworkAddress) {
    var raw = address.raw
    let length = cquic_address_length(&raw)
    self = withUnsafePointer(to: raw) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { SocketAddress($0, length: length) }
    }
  }
}
