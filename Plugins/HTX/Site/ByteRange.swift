// SPDX-License-Identifier: Apache-2.0

/// The answer that a `Range` field asks for (RFC 9110, 14.2), as small servers give it.
enum ByteRange: Equatable {
  /// The whole, as if there were no field: another unit, or more than one range.
  case whole
  /// These bytes.
  case part(Range<Int64>)
  /// 416.
  case unsatisfiable

  /// Reads the field for something of `size` bytes.
  init(_ field: String, size: Int64) {
    guard field.utf8.count > 6, field.prefix(6).lowercased() == "bytes=" else {
      self = .whole
      return
    }
    var good: [Range<Int64>] = []
    for word in field.dropFirst(6).split(separator: ",", omittingEmptySubsequences: false) {
      guard let (first, last) = Self.ends(Self.trimmed(word)) else {
        self = .unsatisfiable
        return
      }
      let range = Self.range(first, last, size)
      if let range, !range.isEmpty { good.append(range) }
    }
    switch good.count {
    case 0: self = .unsatisfiable
    case 1: self = .part(good[0])
    default: self = .whole
    }
  }

  private static func range(_ first: Int64?, _ last: Int64?, _ size: Int64) -> Range<Int64>? {
    guard let first else {
      guard let last, last > 0 else { return nil }
      return max(0, size - last)..<size
    }
    let end = min(last.map { $0 == .max ? $0 : $0 + 1 } ?? size, size)
    return first < end ? first..<end : nil
  }

  /// `5-9`, `5-` or `-5`; nil for anything else.
  private static func ends(_ text: Substring) -> (Int64?, Int64?)? {
    guard let dash = text.firstIndex(of: "-") else { return nil }
    let first = text[..<dash]
    let last = text[text.index(after: dash)...]
    guard isNumber(first), isNumber(last), !first.isEmpty || !last.isEmpty else { return nil }
    // A number that is too large is a place behind every end.
    return (
      first.isEmpty ? nil : Int64(first) ?? .max, last.isEmpty ? nil : Int64(last) ?? .max
    )
  }

  private static func isNumber(_ text: Substring) -> Bool { text.utf8.allSatisfy { (48...57).contains($0) } }

  private static func trimmed(_ text: Substring) -> Substring {
    guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " }) else {
      return ""
    }
    return text[first...last]
  }
}
