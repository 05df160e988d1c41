// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// JSON (RFC 8259) of what the node answers.
enum JSONText {
  /// The text of a value. Byte strings become hexadecimal digits.
  static func of(_ value: CBOR) -> String {
    var text = ""
    write(value, to: &text)
    return text
  }

  private static func write(_ value: CBOR, to text: inout String) {
    switch value {
    case .uint(let number): text += String(number)
    case .negative(let number): text += number < UInt64(Int64.max) ? String(-1 - Int64(number)) : "null"
    case .bytes(let bytes): quote(Hex.encode(bytes), to: &text)
    case .text(let string): quote(string, to: &text)
    case .array(let values): list("[", values, "]", to: &text) { write($0, to: &$1) }
    case .map(let pairs):
      list("{", pairs, "}", to: &text) { pair, text in
        quote(pair.key.textValue ?? "", to: &text)
        text += ":"
        write(pair.value, to: &text)
      }
    case .bool(let flag): text += flag ? "true" : "false"
    case .null: text += "null"
    }
  }

  private static func list<Element>(
    _ open: String, _ values: [Element], _ close: String, to text: inout String,
    _ write: (Element, inout String) -> Void
  ) {
    text += open
    for (index, value) in values.enumerated() {
      if index > 0 { text += "," }
      write(value, &text)
    }
    text += close
  }

  private static func quote(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case let control where control.value < 0x20:
        let digits = String(control.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
