// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import Glibc

/// One MTCP connection after the other; what arrives goes back with source and destination swapped.
enum Echo {
  static func serve() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { exit(1) }
    print(UInt16(bigEndian: address.sin_port))
    fflush(nil)
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { exit(1) }
      talk(connection)
      close(connection)
    }
  }

  private static func talk(_ connection: Int32) {
    let session = FramedSession(.mtcp, now: 0)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return }
      buffer[..<count].withUnsafeBytes { session.receive($0, now: 0) }
      while let event = session.nextEvent(now: 0) {
        switch event {
        case .arrived(let transfer, let bytes):
          session.settle(transfer, .stored, now: 0)
          if let answer = answer(bytes) { _ = session.send(answer, now: 0) }
        case .ended: return
        default: break
        }
        flush(session, connection)
      }
    }
  }

  private static func answer(_ bytes: [UInt8]) -> [UInt8]? {
    guard var bundle = try? Bundle(bytes, limits: .lenient) else { return nil }
    swap(&bundle.primary.source, &bundle.primary.destination)
    return bundle.encoded
  }

  private static func flush(_ session: FramedSession, _ connection: Int32) {
    while true {
      let count = session.withOutput { $0.isEmpty ? 0 : write(connection, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      session.wrote(count, now: 0)
    }
  }
}
