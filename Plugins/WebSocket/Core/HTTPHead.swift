// SPDX-License-Identifier: Apache-2.0

/// The start line and the header fields of an HTTP/1.1 message (RFC 9112, 2 to 5).
public struct HTTPHead: Equatable, Sendable {
  /// Bytes up to and with the empty line.
  public static let maximumBytes = 8192
  /// Header fields.
  public static let maximumFields = 64

  /// Method, target and version, or version, status and reason (may be empty).
  public let startLine: [String]
  /// Names in lower case, values without surrounding blanks, in their order.
  public let fields: [(name: String, value: String)]
  /// Bytes that the head took.
  public let length: Int

  /// What is wrong with a head.
  public enum Fault: Error, Equatable, Sendable {
    /// More than `maximumBytes` or `maximumFields`.
    case tooLarge
    /// Not HTTP.
    case malformed
  }

  /// Reads a head at the start of `bytes`; nil while the empty line is missing.
  public static func parse(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> HTTPHead? {
    guard let length = endOfHead(bytes) else {
      guard bytes.count < maximumBytes else { throw .tooLarge }
      return nil
    }
    guard length <= maximumBytes else { throw .tooLarge }
    var lines: [String] = []
    var line: [UInt8] = []
    for byte in bytes[..<(length - 2)] {
      if byte == 0x0A {
        guard line.last == 0x0D else { throw .malformed }
        line.removeLast()
        guard let text = String(validating: line, as: UTF8.self) else { throw .malformed }
        lines.append(text)
        guard lines.count <= maximumFields + 1 else { throw .tooLarge }
        line.removeAll(keepingCapacity: true)
      } else {
        guard byte >= 0x20 || byte == 0x09 || byte == 0x0D, byte != 0x7F, line.last != 0x0D else { throw .malformed }
        line.append(byte)
      }
    }
    guard let first = lines.first else { throw .malformed }
    let parts = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts.count == 3 || parts[0].hasPrefix("HTTP/") else { throw .malformed }
    var fields: [(name: String, value: String)] = []
    for line in lines.dropFirst() {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { throw .malformed }
      guard line[..<colon].utf8.allSatisfy(isToken) else { throw .malformed }
      fields.append((line[..<colon].lowercased(), HTTPHead.trim(line[line.utf8.index(after: colon)...])))
    }
    return HTTPHead(startLine: parts, fields: fields, length: length)
  }

  /// The value of a field that occurs exactly once, or nil.
  public func single(_ name: String) -> String? {
    let values = fields.filter { $0.name == name }
    return values.count == 1 ? values[0].value : nil
  }

  /// How often a field occurs.
  public func count(_ name: String) -> Int { fields.count { $0.name == name } }

  /// The elements of a comma separated field, all occurrences together (RFC 9110, 5.6.1).
  public func list(_ name: String) -> [String] {
    fields.filter { $0.name == name }.flatMap { field in
      field.value.split(separator: ",").map { HTTPHead.trim($0) }.filter { !$0.isEmpty }
    }
  }

  /// Without the blanks and tabs around it.
  static func trim(_ text: Substring) -> String {
    let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    let view = text.utf8
    guard let start = view.firstIndex(where: { !blank($0) }), let end = view.lastIndex(where: { !blank($0) }) else {
      return ""
    }
    return String(text[start...end])
  }

  /// True for a character that a field name or token may have (RFC 9110, 5.6.2).
  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 4 else { return nil }
    let last = min(bytes.count, maximumBytes) - 4
    guard last >= 0 else { return nil }
    for at in 0...last
    where bytes[at] == 0x0D && bytes[at + 1] == 0x0A && bytes[at + 2] == 0x0D && bytes[at + 3] == 0x0A {
      return at + 4
    }
    return nil
  }

  /// Field by field.
  public static func == (left: HTTPHead, right: HTTPHead) -> Bool {
    left.startLine == right.startLine && left.fields.elementsEqual(right.fields, by: ==)
  }
}
