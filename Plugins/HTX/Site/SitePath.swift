// SPDX-License-Identifier: Apache-2.0

/// The path of a target, decoded and with dot segments removed (RFC 3986, 5.2.4), as small servers read it: repeated
/// slashes count once, query and fragment are cut off.
enum SitePath {
  /// Nil for what is answered with 400: no path, a bad escape, a zero byte, or a way above the root. The result begins
  /// with a slash and ends with one when the target's path does.
  static func normalize(_ target: String) -> String? {
    var rest = Array(target.utf8)[...]
    if rest.first != UInt8(ascii: "/") {
      guard let path = absoluteForm(rest) else { return nil }
      rest = path
    }
    if let end = rest.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) { rest = rest[..<end] }
    guard let decoded = decode(rest) else { return nil }
    var segments: [ArraySlice<UInt8>] = []
    for segment in decoded.split(separator: UInt8(ascii: "/")) {
      if segment.elementsEqual("..".utf8) {
        guard segments.popLast() != nil else { return nil }
      } else if !segment.elementsEqual(".".utf8) {
        segments.append(segment)
      }
    }
    let isFolder =
      decoded.last == UInt8(ascii: "/") || decoded.suffix(2).elementsEqual("/.".utf8)
      || decoded.suffix(3).elementsEqual("/..".utf8)
    let joined = segments.map { [UInt8(ascii: "/")] + $0 }.joined()
    guard let path = String(validating: joined, as: UTF8.self) else { return "/\u{FFFD}" }
    return isFolder || path.isEmpty ? path + "/" : path
  }

  /// The path of `https://host/path`.
  private static func absoluteForm(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let text = String(decoding: target.prefix(8), as: UTF8.self).lowercased()
    guard text.hasPrefix("http://") || text.hasPrefix("https://") else { return nil }
    let authority = target.dropFirst(text.hasPrefix("https") ? 8 : 7)
    guard authority.first.map({ $0 != UInt8(ascii: "/") }) == true else { return nil }
    guard let slash = authority.firstIndex(of: UInt8(ascii: "/")) else { return [UInt8(ascii: "/")] }
    return authority[slash...]
  }

  private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      var byte = text[index]
      index += 1
      if byte == UInt8(ascii: "%") {
        guard index + 1 < text.endIndex, let high = hex(text[index]), let low = hex(text[index + 1]) else { return nil }
        byte = high << 4 | low
        index += 2
      }
      guard byte != 0 else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func hex(_ digit: UInt8) -> UInt8? {
    Character(UnicodeScalar(digit)).hexDigitValue.map { UInt8($0) }
  }
}
