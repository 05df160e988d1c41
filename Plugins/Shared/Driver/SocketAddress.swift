// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An IPv4 or IPv6 address with its port.
package struct SocketAddress {
  private var storage = sockaddr_storage()
  package private(set) var length: socklen_t = 0

  package init() {}

  /// From a literal; nil when `text` is a name.
  package init?(literal text: String, port: UInt16) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr = four
      withUnsafeBytes(of: &address) { copy($0) }
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = six
      withUnsafeBytes(of: &address) { copy($0) }
    } else {
      return nil
    }
  }

  package init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
    copy(UnsafeRawBufferPointer(start: address, count: Int(length)))
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    let count = min(bytes.count, MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
    length = socklen_t(count)
  }

  package var family: Int32 { Int32(storage.ss_family) }

  package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// Lets a system call write the address.
  package mutating func fill(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32)
    -> Int32
  {
    length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
  }

  package var port: UInt16 {
    get { withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) } }
    set {
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: newValue.bigEndian, toByteOffset: 2, as: UInt16.self) }
    }
  }

  /// Address bytes: 4, or 16; an IPv4 address mapped into IPv6 counts as IPv4.
  fileprivate var bytes: [UInt8] {
    let all = withUnsafeBytes(of: storage) { Array($0.prefix(28)) }
    if family == AF_INET { return Array(all[4..<8]) }
    let six = Array(all[8..<24])
    return six.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) ? Array(six[12...]) : six
  }

  /// Equal for all addresses of a /24 or /56: what rate limits count by. FNV-1a.
  package var sourceToken: UInt64 {
    let bytes = bytes
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bytes.count)
    for byte in bytes.prefix(bytes.count == 4 ? 3 : 7) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  /// `192.0.2.1:80` or `[2001:db8::1]:80`.
  package var text: String {
    let bytes = bytes
    var name = [CChar](repeating: 0, count: 64)
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &name, socklen_t(name.count)) != nil else { return "?" }
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return bytes.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)"
  }
}

extension SocketAddress {
  /// Address bytes: 4, or 16; an IPv4 address mapped into IPv6 counts as IPv4.
  package var octets: [UInt8] { bytes }
}
