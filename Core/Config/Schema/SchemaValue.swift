/// A typed value.
public enum SchemaValue: Equatable, Sendable {
  /// A truth value.
  case boolean(Bool)
  /// A number, nanoseconds or bytes.
  case integer(Int64)
  /// Text, a choice, a path, an address or a name.
  case text(String)
  /// A list of values of one type.
  case list([SchemaValue])
}

extension SchemaType {
  /// The value that `text` is, or nil when it is not of this type. Paths are not yet resolved.
  func value(of text: String) -> SchemaValue? {
    switch self {
    case .boolean:
      switch text {
      case "true", "yes", "on": return .boolean(true)
      case "false", "no", "off": return .boolean(false)
      default: return nil
      }
    case .integer(let range): return Self.number(SchemaUnits.integer(text), in: range)
    case .duration(let range): return Self.number(SchemaUnits.nanoseconds(text), in: range)
    case .size(let range): return Self.number(SchemaUnits.bytes(text), in: range)
    case .choice(let words): return words.contains { $0 == text } ? .text(text) : nil
    case .text: return Self.isText(text, lines: true) ? .text(text) : nil
    case .path: return !text.isEmpty && Self.isText(text, lines: false) ? .text(text) : nil
    case .address: return Self.isAddress(text) ? .text(text) : nil
    case .nodeName: return Self.isNodeName(text) ? .text(text) : nil
    case .name: return Self.isName(text) ? .text(text) : nil
    }
  }

  private static func number(_ value: Int64?, in range: ClosedRange<Int64>) -> SchemaValue? {
    guard let value, range.contains(value) else { return nil }
    return .integer(value)
  }

  private static func isText(_ text: String, lines: Bool) -> Bool {
    text.utf8.count <= 4096
      && text.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control || (lines && ($0 == "\n" || $0 == "\t"))
      }
  }

  /// RFC 3986 section 3.1 for the scheme; the rest is printable ASCII and the plugin's to judge. It begins with `//`, a
  /// letter or `@`, as in `loopback:name` and `unix:@name`: `localhost:8080` has no scheme and is no address.
  static func isAddress(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count <= 1024, let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let scheme = bytes[..<colon]
    let rest = bytes[(colon + 1)...]
    let marks = Array("+-.".utf8)
    return letters.contains(scheme[0])
      && scheme.allSatisfy { letters.contains($0) || (48...57).contains($0) || marks.contains($0) }
      && (rest.starts(with: "//".utf8) || rest.first.map { letters.contains($0 | 0x20) || $0 == 0x40 } == true)
      && bytes.allSatisfy { (0x21...0x7e).contains($0) }
  }

  /// Prefix, length and the Bech32 character set (BIP-173); whoever uses the name checks its checksum.
  static func isNodeName(_ text: String) -> Bool {
    let characters = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    return text.hasPrefix("mesh1") && (20...128).contains(text.utf8.count)
      && text.utf8.dropFirst(5).allSatisfy { characters.contains($0) }
  }

  static func isName(_ text: String) -> Bool {
    let marks = Array("_-.".utf8)
    return (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || marks.contains($0)
      }
  }
}
