// SPDX-License-Identifier: Apache-2.0

/// Writes JSON.
public enum JSONWriter {
  /// One line, without blanks between the parts. Numbers that JSON cannot say (infinite, not a number) become null.
  public static func write(_ value: JSONValue) -> String {
    var text: [UInt8] = []
    append(value, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func append(_ value: JSONValue, to text: inout [UInt8]) {
    switch value {
    case .null: text += "null".utf8
    case .bool(let flag): text += (flag ? "true" : "false").utf8
    case .integer(let number): text += String(number).utf8
    case .unsigned(let number): text += String(number).utf8
    case .number(let number): text += (number.isFinite ? "\(number)" : "null").utf8
    case .string(let string): append(string, to: &text)
    case .array(let values):
      text.append(UInt8(ascii: "["))
      for (index, element) in values.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        append(element, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .object(let members):
      text.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        append(member.0, to: &text)
        text.append(UInt8(ascii: ":"))
        append(member.1, to: &text)
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  /// Quotation mark, reverse solidus and control characters are escaped (RFC 8259 §7), DEL too for terminals.
  private static func append(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x08: text += "\\b".utf8
      case 0x09: text += "\\t".utf8
      case 0x0A: text += "\\n".utf8
      case 0x0C: text += "\\f".utf8
      case 0x0D: text += "\\r".utf8
      case 0..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        text += "\\u00".utf8
        text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
