// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Abstract Unix sockets of kind SOCK_SEQPACKET: `loopback:NAME` is the socket `mesh-loopback/NAME`. No file, no port,
/// gone with its last descriptor, and one packet sent is one packet received.
enum Socket {
  /// What the system said.
  struct Failure: Error {
    let code: Int32
    static var last: Failure { Failure(code: errno) }
    var text: String { String(cString: strerror(code)) }
  }

  private static let kind = Int32(SOCK_SEQPACKET.rawValue)
  private static let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

  /// The name behind `loopback:`, if this is such an address.
  static func name(in address: UnsafeRawBufferPointer) -> String? {
    guard let text = String(validating: address, as: UTF8.self), text.hasPrefix("loopback:") else { return nil }
    let name = text.dropFirst("loopback:".count)
    return (1...64).contains(name.utf8.count) && !name.utf8.contains(0) ? String(name) : nil
  }

  /// A connected socket. EAGAIN: the listener's queue is full, and nothing will say when it is not.
  static func dial(_ name: String) throws(Failure) -> Int32 {
    try open(name) { connect($0, $1, $2) }
  }

  /// A bound, listening socket.
  static func listen(_ name: String) throws(Failure) -> Int32 {
    try open(name) { bind($0, $1, $2) == 0 ? Glibc.listen($0, 64) : -1 }
  }

  private static func open(
    _ name: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(Failure) -> Int32 {
    let descriptor = socket(AF_UNIX, kind | flags, 0)
    guard descriptor >= 0 else { throw .last }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let full = Array("\0mesh-loopback/\(name)".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: full) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + full.count)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { use(descriptor, $0, size) }
    }
    guard result == 0 else {
      let failure = Failure.last
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  /// Takes a listening socket that was handed over: by the plugin that is being replaced, or by socket activation.
  static func adopt(_ descriptor: Int32) throws(Failure) -> Int32 {
    var found: Int32 = 0
    var listening: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &found, &size)
    getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size)
    guard found == kind, listening != 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
      close(descriptor)
      throw Failure(code: EPROTOTYPE)
    }
    return descriptor
  }

  static func accept(_ listener: Int32) throws(Failure) -> Int32 {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { throw .last }
    // Swift's Glibc has no accept4.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    return descriptor
  }
}
