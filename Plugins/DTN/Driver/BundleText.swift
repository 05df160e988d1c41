// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleStore

/// Bundles as lines for people and as JSON.
enum BundleText {
  private static func marks(_ marks: BundleRecord.Marks) -> [String] {
    let names: [(BundleRecord.Marks, String)] = [
      (.own, "own"), (.custody, "custody"), (.delivered, "delivered"), (.replicated, "replicated"),
      (.forwarded, "forwarded"),
    ]
    return names.filter { marks.contains($0.0) }.map(\.1)
  }

  private static func priority(_ priority: BundlePriority) -> String {
    switch priority {
    case .bulk: "bulk"
    case .normal: "normal"
    case .expedited: "expedited"
    }
  }

  /// One line of a listing.
  static func line(_ line: BundleAgent.Line, time: UInt64, isJSON: Bool) -> String {
    let record = line.record
    let left = record.deadline > time ? (record.deadline - time) / 1000 : 0
    guard isJSON else {
      let words = marks(record.marks).joined(separator: ",")
      return "\(line.sequence)  \(line.size) bytes  \(left) s left  \(priority(record.priority))  "
        + "\(words.isEmpty ? "-" : words)  \(record.id.source) -> \(record.destination)"
    }
    return "{\"number\":\(line.sequence),\"bytes\":\(line.size),\"seconds_left\":\(left),"
      + "\"priority\":\"\(priority(record.priority))\","
      + "\"marks\":[\(marks(record.marks).map { "\"\($0)\"" }.joined(separator: ","))],"
      + "\"source\":\(JSON.text("\(record.id.source)")),\"destination\":\(JSON.text("\(record.destination)"))}"
  }

  /// One line of a listing for what cannot be read.
  static func damaged(_ one: (sequence: UInt64, reason: String), isJSON: Bool) -> String {
    isJSON
      ? "{\"number\":\(one.sequence),\"damaged\":\(JSON.text(one.reason))}"
      : "\(one.sequence)  damaged: \(JSON.printable(one.reason))"
  }

  /// A bundle block by block.
  static func blocks(_ bundle: Bundle, _ record: BundleRecord, isJSON: Bool) -> [String] {
    let primary = bundle.primary
    let head: [(String, String)] = [
      ("id", "\(record.id)"), ("source", "\(primary.source)"), ("destination", "\(primary.destination)"),
      ("report_to", "\(primary.reportTo)"), ("lifetime_ms", "\(primary.lifetime)"),
      ("marks", marks(record.marks).joined(separator: ",")),
    ]
    if isJSON {
      let blocks = bundle.blocks.map {
        "{\"type\":\($0.type.rawValue),\"number\":\($0.number),\"flags\":\($0.flags.rawValue),\"bytes\":\($0.data.count)}"
      }
      let pairs = head.map { "\"\($0.0)\":\(JSON.text($0.1))" }.joined(separator: ",")
      return ["{\(pairs),\"blocks\":[\(blocks.joined(separator: ","))]}"]
    }
    return head.map { "\($0.0): \($0.1)" }
      + bundle.blocks.map {
        "block \($0.number): type \($0.type.rawValue), flags \($0.flags.rawValue), \($0.data.count) bytes"
      }
  }
}

/// Text from outside, made harmless.
enum JSON {
  static func text(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// Without control characters, for a terminal.
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      result.unicodeScalars.append(isControl ? "\u{fffd}" : scalar)
    }
    return result
  }
}
