// SPDX-License-Identifier: Apache-2.0

/// What may be the name of a file at the receiver, and the names that belong to it while it is not complete.
public enum FileName {
  /// Most bytes of a name, so that the longer names of its part file fit in what file systems allow.
  public static let limit = 200
  static let partSuffix = ".part"
  static let markSuffix = ".part.id"

  /// Why a name cannot be used, nil when it can: a sentence without a full stop.
  public static func fault(of name: String) -> String? {
    let bytes = name.utf8
    if bytes.isEmpty { return "the name of the file is empty" }
    if bytes.count > limit { return "the name of the file has \(bytes.count) bytes, at most \(limit) are allowed" }
    if bytes.contains(UInt8(ascii: "/")) { return "the name of the file contains '/', which would be another folder" }
    if bytes.first == UInt8(ascii: ".") { return "the name of the file begins with '.', which is for hidden files" }
    // C1 controls too: some terminals act on them.
    if name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
      return "the name of the file contains a control character"
    }
    return nil
  }

  /// The name with what a terminal could act on replaced, for error messages.
  public static func printable(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars.prefix(limit) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      text.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return text
  }

  /// Where the bytes are until the file is complete.
  static func part(of name: String) -> String { "." + name + partSuffix }

  /// What says which transfer the part file belongs to.
  static func mark(of name: String) -> String { "." + name + markSuffix }

  /// The name that a part file or its mark belongs to, nil for other files.
  static func owner(of entry: String) -> String? {
    guard entry.utf8.first == UInt8(ascii: ".") else { return nil }
    for suffix in [markSuffix, partSuffix] where entry.hasSuffix(suffix) {
      let name = String(entry.dropFirst().dropLast(suffix.count))
      if fault(of: name) == nil { return name }
    }
    return nil
  }
}
