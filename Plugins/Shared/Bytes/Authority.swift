// SPDX-License-Identifier: Apache-2.0

/// Host and port of an address (RFC 3986, 3.2), without user information.
public struct Authority: Equatable, Sendable {
  /// Name or literal, without brackets.
  public var host: String
  /// Port, if there is one.
  public var port: UInt16?

  /// Reads `host`, `host:port` or `[literal]:port`; nil when it is none of them.
  public init?(_ text: Substring) {
    var rest = text
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = String(rest[rest.index(after: rest.startIndex)..<end])
      guard host.contains(":"), host.utf8.count <= 64, host.utf8.allSatisfy(Self.isLiteral) else { return nil }
      rest = rest[rest.index(after: end)...]
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      host = String(rest[..<end])
      guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isName) else { return nil }
      rest = rest[end...]
    }
    guard !rest.isEmpty else { return }
    guard rest.hasPrefix(":"), rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = UInt16(rest.dropFirst())
    else { return nil }
    port = number
  }

  private static func isLiteral(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%") || isName(byte)
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
