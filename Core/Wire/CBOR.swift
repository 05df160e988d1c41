// SPDX-License-Identifier: Apache-2.0

/// A value of the part of CBOR (RFC 8949) that is used here: no tags, no floating point, no undefined.
///
/// It is written and read in the one deterministic form of RFC 8949, section 4.2.1. `decode` and `encode` are inverse:
/// bytes that are accepted are exactly the bytes that `encode` gives for the value.
public indirect enum CBOR: Equatable, Sendable {
  /// An integer from 0 to 2^64 - 1 (major type 0).
  case uint(UInt64)
  /// The integer -1 - n (major type 1).
  case negative(UInt64)
  /// A byte string.
  case bytes([UInt8])
  /// A text string, always valid UTF-8.
  case text(String)
  /// A list.
  case array([CBOR])
  /// Pairs. `encode` sorts them; `decode` gives them in their sorted order. Compared in the order held.
  case map([(key: CBOR, value: CBOR)])
  /// true or false.
  case bool(Bool)
  /// Nothing.
  case null

  /// Equal when the kinds and contents are.
  public static func == (left: CBOR, right: CBOR) -> Bool {
    switch (left, right) {
    case (.uint(let a), .uint(let b)): a == b
    case (.negative(let a), .negative(let b)): a == b
    case (.bytes(let a), .bytes(let b)): a == b
    case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.map(let a), .map(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
    case (.bool(let a), .bool(let b)): a == b
    case (.null, .null): true
    default: false
    }
  }

  /// The value stored under the text `key` of a map; nil for other kinds and missing keys.
  public subscript(_ key: String) -> CBOR? {
    guard case .map(let pairs) = self else { return nil }
    return pairs.first { $0.key == .text(key) }?.value
  }

  /// The value stored under the unsigned integer `key` of a map; nil for other kinds and missing keys.
  public subscript(_ key: UInt64) -> CBOR? {
    guard case .map(let pairs) = self else { return nil }
    return pairs.first { $0.key == .uint(key) }?.value
  }

  /// The integer of a `uint`.
  public var uintValue: UInt64? { if case .uint(let value) = self { value } else { nil } }

  /// The contents of `bytes`.
  public var bytesValue: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }

  /// The contents of `text`.
  public var textValue: String? { if case .text(let value) = self { value } else { nil } }

  /// The elements of an `array`.
  public var arrayValue: [CBOR]? { if case .array(let value) = self { value } else { nil } }

  /// The truth of a `bool`.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
}
