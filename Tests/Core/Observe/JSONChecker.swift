/// A strict JSON reader (RFC 8259) that only says whether a text is one value, and gives the text of its strings.
struct JSONChecker {
  private let bytes: [UInt8]
  private var index = 0
  private(set) var strings: [String] = []

  /// The strings of a valid text in their order, or nil.
  static func strings(_ text: some Sequence<UInt8>) -> [String]? {
    var checker = JSONChecker(bytes: Array(text))
    guard checker.value(), checker.index == checker.bytes.count else { return nil }
    return checker.strings
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func take(_ byte: Character) -> Bool {
    guard index < bytes.count, bytes[index] == byte.asciiValue else { return false }
    index += 1
    return true
  }

  private mutating func value() -> Bool {
    guard index < bytes.count else { return false }
    switch bytes[index] {
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    default: return number()
    }
  }

  private mutating func object() -> Bool {
    guard take("{") else { return false }
    if take("}") { return true }
    repeat {
      guard string(), take(":"), value() else { return false }
    } while take(",")
    return take("}")
  }

  private mutating func word(_ text: String) -> Bool {
    guard bytes[index...].starts(with: text.utf8) else { return false }
    index += text.utf8.count
    return true
  }

  private mutating func number() -> Bool {
    _ = take("-")
    let start = index
    while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
    guard index > start, bytes[start] != 48 || index == start + 1 else { return false }
    guard take(".") else { return true }
    let fraction = index
    while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
    return index > fraction
  }

  private mutating func string() -> Bool {
    guard take("\"") else { return false }
    var units: [UInt16] = []
    var plain: [UInt8] = []
    var text = ""
    func flush(_ plain: inout [UInt8], _ units: inout [UInt16], _ text: inout String) {
      text += String(decoding: plain, as: UTF8.self) + String(decoding: units, as: UTF16.self)
      plain = []
      units = []
    }
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\"") {
        flush(&plain, &units, &text)
        strings.append(text)
        return true
      }
      if byte < 0x20 { return false }
      guard byte == UInt8(ascii: "\\") else {
        if !units.isEmpty { flush(&plain, &units, &text) }
        plain.append(byte)
        continue
      }
      guard index < bytes.count else { return false }
      if !plain.isEmpty { flush(&plain, &units, &text) }
      let escape = Character(Unicode.Scalar(bytes[index]))
      index += 1
      switch escape {
      case "\"", "\\", "/": units.append(UInt16(escape.asciiValue ?? 0))
      case "n": units.append(10)
      case "r": units.append(13)
      case "t": units.append(9)
      case "u":
        guard index + 4 <= bytes.count,
          let unit = UInt16(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { return false }
        units.append(unit)
        index += 4
      default: return false
      }
    }
    return false
  }
}
