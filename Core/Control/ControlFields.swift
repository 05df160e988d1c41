// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Reads the fields of a map, with errors that name the wrong field. Unknown fields are ignored, so that newer
/// programs can talk to older ones.
public struct ControlFields {
  private let cbor: CBOR
  private let owner: String

  /// The fields of a map; `owner` names it in errors.
  public init(_ cbor: CBOR, _ owner: String) throws(ControlError) {
    guard case .map = cbor else { throw ControlError(.invalid, "'\(owner)' is not a map") }
    self.cbor = cbor
    self.owner = owner
  }

  private func wrong(_ key: String, _ expected: String) -> ControlError {
    ControlError(.invalid, "'\(key)' of '\(owner)' is \(cbor[key] == nil ? "missing" : "not \(expected)")")
  }

  /// The value, nil when it is missing or null.
  public func value(_ key: String) -> CBOR? { cbor[key] == .null ? nil : cbor[key] }

  /// A text.
  public func text(_ key: String) throws(ControlError) -> String {
    guard let text = cbor[key]?.textValue else { throw wrong(key, "a text") }
    return text
  }

  /// A text that may be missing.
  public func optionalText(_ key: String) throws(ControlError) -> String? {
    value(key) == nil ? nil : try text(key)
  }

  /// A whole number from 0.
  public func unsigned(_ key: String) throws(ControlError) -> UInt64 {
    guard let number = cbor[key]?.uintValue else { throw wrong(key, "a whole number from 0") }
    return number
  }

  /// A whole number from 0 that may be missing.
  public func optionalUnsigned(_ key: String) throws(ControlError) -> UInt64? {
    value(key) == nil ? nil : try unsigned(key)
  }

  /// A whole number.
  public func integer(_ key: String) throws(ControlError) -> Int64 {
    switch cbor[key] {
    case .uint(let number)? where number <= UInt64(Int64.max): return Int64(number)
    case .negative(let number)? where number <= UInt64(Int64.max): return -1 - Int64(number)
    default: throw wrong(key, "a whole number of 64 bits")
    }
  }

  /// True or false; false when missing.
  public func flag(_ key: String) throws(ControlError) -> Bool {
    guard let value = value(key) else { return false }
    guard let flag = value.boolValue else { throw wrong(key, "true or false") }
    return flag
  }

  /// Bytes.
  public func bytes(_ key: String) throws(ControlError) -> [UInt8] {
    guard let bytes = cbor[key]?.bytesValue else { throw wrong(key, "a byte string") }
    return bytes
  }

  /// Bytes that may be missing.
  public func optionalBytes(_ key: String) throws(ControlError) -> [UInt8]? {
    value(key) == nil ? nil : try bytes(key)
  }

  /// A list of shapes; empty when missing.
  public func list<Element: ControlShape>(_ key: String, _: Element.Type) throws(ControlError) -> [Element] {
    guard let value = value(key) else { return [] }
    guard let values = value.arrayValue else { throw wrong(key, "a list") }
    var result: [Element] = []
    for element in values { result.append(try Element(cbor: element)) }
    return result
  }

  /// A list of texts; empty when missing.
  public func texts(_ key: String) throws(ControlError) -> [String] {
    guard let value = value(key) else { return [] }
    guard let values = value.arrayValue else { throw wrong(key, "a list of texts") }
    var result: [String] = []
    for element in values {
      guard let text = element.textValue else { throw wrong(key, "a list of texts") }
      result.append(text)
    }
    return result
  }
}
