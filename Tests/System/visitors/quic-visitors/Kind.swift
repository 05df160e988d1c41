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
  /// Heads of fields that count for nothing.
  case blanks
  case bodies
  /// One-way streams of no known type.
  case oneWay
  /// Streams that are opened and never finished.
  case unfinished
  /// Inserts into a table of QPACK that has no room, and words on a table that is not there.
  case qpack
  /// Tickets of the right form, and wrong.
  case tickets
  /// Answers that are not wanted as soon as they come.
  case stops
  /// Datagrams that are no packets, or packets of nobody.
  case datagrams
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
  static let blank = lend(
    [1, 0x80, 0, 0x3E, 0x89, 0, 0, 0xD1, 0xD7, 0xC1, 0x50, 1, 0x61, 0xC5]
      + (0..<8000).flatMap { _ in [0x20, 0] as [UInt8] })
  static let unfinished = lend([1, 0x40, 0x80, 0, 0, 0xD1])
  /// A capacity of 2 to the power of 20, and entries.
  static let encoder = lend([2, 0x3F, 0xE1, 0xFF, 0x3F])
  static let inserts = lend((0..<1000).flatMap { _ in [0x41, 0x61, 1, 0x62] as [UInt8] })
  static let decoder = lend([3])
  static let words = lend((0..<1000).flatMap { _ in [0x80, 0x40, 0] as [UInt8] })
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

  /// A request with a ticket that opens nothing, in its path, of the key with that id.
  static func ticket(_ key: [UInt8]) -> Lent {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var random = SystemRandomNumberGenerator()
    let bytes =
      [1] + (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } + key
      + (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
    var path = Array("/?bn1=".utf8)
    for at in stride(from: 0, to: 105, by: 3) {
      let word = UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2])
      for shift in [18, 12, 6, 0] as [UInt32] { path.append(letters[Int(word >> shift & 63)]) }
    }
    return lend(head([0xD1, 0xD7, 0x51, 0x7F, UInt8(path.count - 127)] + path))
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
