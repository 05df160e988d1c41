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
