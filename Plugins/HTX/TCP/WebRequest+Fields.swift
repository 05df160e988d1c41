// SPDX-License-Identifier: Apache-2.0
import HTXSite

extension WebRequest {
  /// What a field of HTTP/2 does to its request.
  package enum FieldOutcome {
    case taken
    /// The stream is reset with a protocol error.
    case malformed
    /// The connection ends with it.
    case tooMuch
  }

  /// Takes a field in the order of its arrival, as nginx does: pseudo fields may come behind others, and what is wrong
  /// with them is answered with 400.
  package mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> FieldOutcome {
    guard count(name.count + value.count) else { return .tooMuch }
    let isPseudo = name.first == UInt8(ascii: ":")
    guard !name.isEmpty, name.dropFirst(isPseudo ? 1 : 0).allSatisfy(Self.isName),
      !value.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D })
    else { return .malformed }
    let text = String(decoding: value, as: UTF8.self)
    switch String(decoding: name, as: UTF8.self) {
    case ":method":
      isBad = isBad || !method.isEmpty || !text.utf8.allSatisfy { (65...90).contains($0) || $0 == 95 || $0 == 45 }
      method = text
    case ":path":
      isBad = isBad || !target.isEmpty || text.first != "/" || text.utf8.contains(0x20)
      target = text
    case ":scheme":
      isBad = isBad || !scheme.isEmpty || text.utf8.first.map { !(65...90).contains($0 & 0xDF) } == true
      scheme = text
    case ":authority", "host":
      isBad = isBad || authority != nil
      authority = text
    case "content-length":
      isBad =
        isBad || fields.first("content-length") != nil || !(1...18).contains(text.utf8.count)
        || !text.utf8.allSatisfy { (48...57).contains($0) }
      add("content-length", text)
    case let other: if isPseudo { isBad = true } else { add(other, text) }
    }
    return .taken
  }

  /// The head is whole: what every request has is there, or it is a bad one.
  package mutating func finishHead() {
    if method.isEmpty || target.isEmpty || scheme.isEmpty || authority == nil { isBad = true }
  }

  private static func isName(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: ":") && !(65...90).contains(byte)
  }
}
