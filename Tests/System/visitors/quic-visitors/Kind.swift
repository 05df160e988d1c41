// SPDX-License-Identifier: Apache-2.0
import HTXQUIC

/// One way to be a bad visitor over QUIC.
enum Kind: String, CaseIterable {
  /// First packets, and nothing after them.
  case initials
  /// Handshakes that end at once.
  case handshakes
  /// More connections than a network may have, which say nothing.
  case idle
  /// More connections than a network may have, which have asked for a page.
  case asked
  case slowHead
  case slowBody
  case endlessHead
  /// Much is asked for, and no stream has room for an answer.
  case windowsOfNothing
  /// Much is asked for, and nothing acknowledged.
  case neverReads
  case resets
  case settings
  case reserved
  /// Heads that wait for QPACK's table, which never comes.
  case blocked
  case largeHeads
  case bodies
  /// One-way streams of no known type.
  case oneWay
  case pings

  /// Connections at once.
  var connections: Int {
    switch self {
    case .initials: 16
    case .idle, .asked: 80
    default: 2
    }
  }

  /// Nanoseconds after which a connection is given up without a word.
  var patience: UInt64 {
    switch self {
    case .initials: 20_000_000
    case .neverReads: 1_000_000_000
    default: 5_000_000_000
    }
  }

  var options: EndpointOptions {
    var options = EndpointOptions()
    options.connectionWindow = 1 << 30
    options.streamWindow = self == .windowsOfNothing ? 1 : 1 << 28
    if self == .pings { options.keepAlive = 100_000 }
    return options
  }
}

/// Bytes of HTTP/3 that are sent again and again; they stay where they are for good.
enum Frames {
  static let control = lend([0, 4, 0])
  static let settings = lend((0..<500).flatMap { _ in [4, 0] as [UInt8] })
  static let reserved = lend((0..<500).flatMap { _ in [0x21, 4, 1, 2, 3, 4] as [UInt8] })
  static let noise = lend([UInt8](repeating: 0x2A, count: 16_000))
  static let page = lend(head([0xD1, 0xD7, 0xC1]))
  static let file = lend(head([0xD1, 0xD7, 0x51, 9] + Array("/data.bin".utf8)))
  static let form = lend(head([0xD4, 0xD7, 0xC1, 0xEF]))
  static let upload = lend(head([0xD4, 0xD7, 0xC1]))
  static let waiting = lend([1, 3, 2, 0, 0x80])
  static let large = lend(head([0xD1, 0xD7, 0xC1] + field(30_000)))
  /// The head of a frame of 2 to the power of 40 bytes, and the fields in it.
  static let endless = lend([1, 0xC0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xD1, 0xD7, 0xC1])
  static let more = lend((0..<2000).flatMap { _ in [0x21, 0x61, 1, 0x62] as [UInt8] })
  static let drop = lend([0x21, 0x61, 1, 0x62])
  static let byte = lend([0, 1, 0x62])
  static let body = lend([0, 0x80, 0, 0x3E, 0x80] + [UInt8](repeating: 0x78, count: 16_000))

  /// A HEADERS frame with a block that needs no table, and an authority.
  private static func head(_ block: [UInt8]) -> [UInt8] {
    let block = [0, 0] + block + [0x50, 1, 0x61]
    return [1, 0x80, 0, UInt8(block.count >> 8), UInt8(block.count & 0xFF)] + block
  }

  /// A field named `a` with a value of `count` bytes (RFC 9204, 4.5.6).
  private static func field(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x21, 0x61, 0x7F]
    var rest = count - 127
    while rest >= 128 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)] + [UInt8](repeating: 0x78, count: count)
  }

  private static func lend(_ bytes: [UInt8]) -> Lent {
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = memory.initialize(from: bytes)
    return Lent(bytes: UnsafeBufferPointer(memory))
  }
}

/// Memory that nobody frees.
struct Lent: @unchecked Sendable {
  let bytes: UnsafeBufferPointer<UInt8>
}
