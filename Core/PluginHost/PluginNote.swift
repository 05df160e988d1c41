// SPDX-License-Identifier: Apache-2.0

/// What a plugin's file says about itself without running any of its code.
public struct PluginNote: Equatable, Sendable {
  /// Lower case, digits and hyphen, 1 to 32 bytes.
  public let id: String
  /// The plugin's own version, 1 to 64 bytes of printable ASCII.
  public let version: String
  /// ABI major it was built for.
  public let abiMajor: UInt32
  /// ABI minor it was built for.
  public let abiMinor: UInt32
  /// Address schemes it claims, at most 16.
  public let schemes: [String]

  static let sizeLimit = 1024

  /// Reads the descriptor's text: `key=value` a line, in any order; unknown keys are ignored.
  init(text: UnsafeRawBufferPointer) throws(PluginError) {
    var end = text.count
    while end > 0, text[end - 1] == 0 { end -= 1 }
    guard end <= PluginNote.sizeLimit else { throw PluginError(.note, "the note is longer than 1,024 bytes") }
    var values: [String: String] = [:]
    for line in text[0..<end].split(separator: UInt8(ascii: "\n")) {
      guard line.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }), let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
        throw PluginError(.note, "the note has a line that is not key=value in ASCII")
      }
      let key = String(decoding: line[..<equals], as: UTF8.self)
      guard values[key] == nil else { throw PluginError(.note, "the note gives “\(key)” twice") }
      values[key] = String(decoding: line[(equals + 1)...], as: UTF8.self)
    }
    guard let id = values["id"], PluginNote.isIdentifier(id) else {
      throw PluginError(.note, "the note has no usable id (lower case, digits and hyphen, at most 32 bytes)")
    }
    guard let version = values["version"], !version.isEmpty, version.utf8.count <= 64 else {
      throw PluginError(.note, "the note has no usable version")
    }
    let numbers = (values["abi"] ?? "").split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
    guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else {
      throw PluginError(.note, "the note has no usable abi (major.minor)")
    }
    let schemes = (values["schemes"] ?? "").split(separator: ",").map(String.init)
    guard schemes.count <= 16, schemes.allSatisfy(PluginNote.isScheme) else {
      throw PluginError(.note, "the note's schemes are not at most 16 URI schemes")
    }
    self.id = id
    self.version = version
    abiMajor = major
    abiMinor = minor
    self.schemes = schemes
  }

  static func isIdentifier(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
  }

  /// RFC 3986, section 3.1, in lower case.
  static func isScheme(_ text: String) -> Bool {
    guard let first = text.utf8.first, (0x61...0x7a).contains(first), text.utf8.count <= 32 else { return false }
    return text.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2b || $0 == 0x2d || $0 == 0x2e
    }
  }
}
