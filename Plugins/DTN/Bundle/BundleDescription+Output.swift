// SPDX-License-Identifier: Apache-2.0

extension BundleDescription {
  /// For the terminal: a line for each block, its fields below it, then what is wrong.
  public var text: String {
    var lines = ["bundle of \(size) bytes" + (bundle.map { ", \($0.id)" } ?? "")]
    for part in parts {
      lines.append("\(part.title), byte \(part.offset), \(part.size) bytes")
      for field in part.fields {
        lines.append("  \(field.name):" + String(repeating: " ", count: max(1, 14 - field.name.count)) + field.value)
      }
      if let fault = part.fault { lines.append("  wrong:         \(fault)") }
    }
    for fault in faults { lines.append("not valid: \(fault)") }
    if faults.isEmpty { lines.append("valid") }
    return lines.map { Self.printable($0) }.joined(separator: "\n") + "\n"
  }

  /// For programs: `{"bytes": …, "id": …, "blocks": [{"title", "offset", "bytes", "fields": {…}, "fault"}], "faults": […]}`.
  public var json: String {
    let blocks = parts.map { part -> String in
      let fields = part.fields.map { "\(Self.quoted($0.name)):\(Self.quoted($0.value))" }.joined(separator: ",")
      let fault = part.fault.map { ",\"fault\":\(Self.quoted($0))" } ?? ""
      return "{\"title\":\(Self.quoted(part.title)),\"offset\":\(part.offset),\"bytes\":\(part.size),"
        + "\"fields\":{\(fields)}\(fault)}"
    }
    let id = bundle.map { "\"id\":\(Self.quoted("\($0.id)"))," } ?? ""
    return "{\"bytes\":\(size),\(id)\"blocks\":[\(blocks.joined(separator: ","))],"
      + "\"faults\":[\(faults.map { Self.quoted($0) }.joined(separator: ","))]}"
  }

  /// Names come from outside: nothing of them may reach a terminal that would act on it.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{fffd}" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.properties.generalCategory == .format
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
