// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A flood of datagrams that are no packets, or packets of nobody.
final class Datagrams {
  private let descriptor: Int32
  private var target = sockaddr_in()
  private var random = SystemRandomNumberGenerator()
  private var count = 0
  private static let burst = 12

  struct NoSocket: Error {}

  /// From 127.`octet`.1.1 to a port of this machine.
  init(octet: UInt8, port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var local = sockaddr_in()
    local.sin_family = sa_family_t(AF_INET)
    local.sin_addr.s_addr = (UInt32(127) << 24 | UInt32(octet) << 16 | 0x101).bigEndian
    target.sin_family = sa_family_t(AF_INET)
    target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    target.sin_port = port.bigEndian
    let status = withUnsafePointer(to: &local) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard descriptor >= 0, status == 0 else { throw NoSocket() }
  }

  deinit { close(descriptor) }

  /// Sends some; returns how many.
  func send() -> Int {
    for _ in 0..<Self.burst {
      count += 1
      let bytes = next(count)
      _ = withUnsafePointer(to: &target) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    return Self.burst
  }

  private func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }

  /// A long header with ids of those lengths.
  private func long(_ first: UInt8, version: [UInt8], _ destination: Int, _ source: Int) -> [UInt8] {
    [first] + version + [UInt8(destination)] + noise(destination) + [UInt8(source)] + noise(source)
  }

  private func next(_ number: Int) -> [UInt8] {
    let one: [UInt8] = [0, 0, 0, 1]
    switch number % 14 {
    case 0: return []
    case 1: return noise(1)
    case 2: return noise(Int.random(in: 20...1400, using: &random))
    // Of nobody's connection: the most that a stateless reset answers.
    case 3: return [0x40] + noise(1199)
    // A first packet that does not open.
    case 4, 5, 6: return long(0xC3, version: one, 8, 8) + [0, 0x44, 0x9E] + noise(1200)
    // With a token that nobody gave out, of two kinds and lengths.
    case 7: return long(0xC3, version: one, 8, 8) + [0x40, 0x50, 0xB6] + noise(79) + [0x44, 0x40] + noise(1100)
    case 8: return long(0xC3, version: one, 20, 20) + [0x44, 0x00] + noise(1024) + [0x40, 0x60] + noise(200)
    // A token that is longer than the datagram.
    case 9: return long(0xC3, version: one, 8, 8) + [0x7F, 0xFF] + noise(1200)
    case 10: return long(0xC3, version: noise(4), 255, 255) + noise(800)
    // Packets of a handshake that nobody began, a Retry, and a list of versions.
    case 11: return long(0xE3, version: one, 8, 8) + [0x44, 0x80] + noise(1200)
    case 12:
      return long(number % 28 < 14 ? 0xF3 : 0x80, version: number % 28 < 14 ? one : [0, 0, 0, 0], 8, 8) + noise(1200)
    default: return number % 140 < 14 ? noise(65_507) : long(0xC3, version: one, 0, 0) + [0, 0x44, 0x9E] + noise(1200)
    }
  }
}
