/// The bytes of one line while it is written: at most `limit`, newline included.
struct LogLine {
  /// Longest line in bytes.
  static let limit = 4096
  /// Longest value of one field in bytes before it is cut.
  static let fieldLimit = 1024

  private(set) var bytes: [UInt8] = []

  init() {
    bytes.reserveCapacity(256)
  }

  var count: Int { bytes.count }

  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func append(byte: UInt8) { bytes.append(byte) }

  mutating func append(_ number: some BinaryInteger) { bytes.append(contentsOf: String(number).utf8) }

  mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

  mutating func append(hexadecimal value: UInt64, digits: Int) {
    for index in (0..<digits).reversed() {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(index * 4)) & 15
      bytes.append(digit < 10 ? 48 + digit : 87 + digit)
    }
  }

  /// Milliseconds with three decimals.
  mutating func append(milliseconds nanoseconds: Int64) {
    if nanoseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let microseconds = nanoseconds.magnitude / 1000
    append(microseconds / 1000)
    bytes.append(UInt8(ascii: "."))
    append(padded: Int(microseconds % 1000), to: 3)
  }

  mutating func append(padded number: Int, to digits: Int) {
    let text = String(number).utf8
    for _ in 0..<max(0, digits - text.count) { bytes.append(48) }
    bytes.append(contentsOf: text)
  }

  /// Text within JSON quotes (RFC 8259 section 7). Everything that could end a line, move a cursor or turn text
  /// around is escaped, so no value can look like another line.
  mutating func append(escaped text: String) {
    let start = bytes.count
    for scalar in text.unicodeScalars {
      if bytes.count - start > Self.fieldLimit - 12 {
        bytes.append(contentsOf: "…".utf8)
        return
      }
      switch scalar {
      case "\"": append("\\\"")
      case "\\": append("\\\\")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      default:
        if Self.isHarmless(scalar) {
          bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        } else {
          for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
            append("\\u")
            append(hexadecimal: UInt64(unit), digits: 4)
          }
        }
      }
    }
  }

  /// Text as it is when it has neither spaces nor quotes, else in quotes.
  mutating func append(word text: String) {
    let isWord =
      !text.isEmpty
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c && $0 != UInt8(ascii: "=") }
    if isWord, text.utf8.count <= Self.fieldLimit {
      bytes.append(contentsOf: text.utf8)
    } else {
      bytes.append(0x22)
      append(escaped: text)
      bytes.append(0x22)
    }
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7f { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
    default: return true
    }
  }
}
