// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshWire

extension JSONValue {
  /// The same value in JSON: byte strings become base64 (RFC 4648 §4), map keys that are no texts their CBOR in base64.
  init(_ cbor: CBOR) {
    switch cbor {
    case .uint(let number): self = .unsigned(number)
    case .negative(let number) where number <= UInt64(Int64.max): self = .integer(-1 - Int64(number))
    case .negative: self = .null
    case .bytes(let bytes): self = .string(Base64.encode(bytes))
    case .text(let text): self = .string(text)
    case .array(let values): self = .array(values.map { JSONValue($0) })
    case .map(let pairs):
      self = .object(pairs.map { ($0.key.textValue ?? Base64.encode($0.key.encode()), JSONValue($0.value)) })
    case .bool(let flag): self = .bool(flag)
    case .null: self = .null
    }
  }

  /// The object with one member replaced or added.
  func with(_ name: String, _ value: JSONValue) -> JSONValue {
    guard case .object(var members) = self else { return self }
    members.removeAll { $0.0 == name }
    return .object(members + [(name, value)])
  }
}

/// Base64 with padding (RFC 4648 §4).
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
