// SPDX-License-Identifier: Apache-2.0

/// Finds the SETTINGS frame that the control stream of the other end begins with, since nghttp3 keeps no list of it.
/// Holds at most `longest` bytes; what is longer, or written in more bytes than it needs, is nobody's ordinary list.
public struct HTTP3SettingsReader: Sendable {
  /// Bytes of the type, the frame's head and the frame.
  public static let longest = 512
  private static let entryLimit = 16

  /// What it says, in its order; nil before it is whole, and when it is none.
  public private(set) var settings: [HTTP3Setting]?

  private var control: Int64 = -1
  private var bytes: [UInt8] = []
  private var isOver = false
  /// One-way streams whose first byte has come, a bit for each.
  private var begun: UInt64 = 0

  /// A reader that has seen nothing.
  public init() {}

  /// Bytes of a one-way stream of the other end, in their order.
  public mutating func read(_ stream: Int64, _ chunk: UnsafeRawBufferPointer) {
    guard !isOver, let first = chunk.first, stream >= 0, stream >> 2 < 64 else { return }
    let bit: UInt64 = 1 << UInt64(stream >> 2)
    if begun & bit == 0 {
      begun |= bit
      if first == 0, control < 0 { control = stream }
    }
    guard stream == control else { return }
    bytes += chunk.prefix(Self.longest - bytes.count)
    var at = 1
    guard let kind = Self.number(bytes, &at), let length = Self.number(bytes, &at) else {
      isOver = bytes.count == Self.longest
      return
    }
    guard kind == 4, length <= UInt64(Self.longest - at) else {
      isOver = true
      return
    }
    let end = at + Int(length)
    guard bytes.count >= end else { return }
    isOver = true
    settings = Self.entries(Array(bytes[at..<end]))
    bytes = []
  }

  private static func entries(_ bytes: [UInt8]) -> [HTTP3Setting]? {
    var found: [HTTP3Setting] = []
    var at = 0
    while at < bytes.count {
      guard let id = number(bytes, &at), let value = number(bytes, &at), found.count < entryLimit else { return nil }
      found.append(HTTP3Setting(id, value))
    }
    return found
  }

  /// A number of RFC 9000, 16; nil when its bytes have not come. `at` moves behind it.
  private static func number(_ bytes: [UInt8], _ at: inout Int) -> UInt64? {
    guard at < bytes.count else { return nil }
    let count = 1 << Int(bytes[at] >> 6)
    guard bytes.count - at >= count else { return nil }
    let value = bytes[at..<at + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    at += count
    return value & (UInt64.max >> UInt64(64 - (8 * count - 2)))
  }
}
