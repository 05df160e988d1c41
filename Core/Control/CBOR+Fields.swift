// SPDX-License-Identifier: Apache-2.0
import MeshWire

extension CBOR {
  /// A map with text keys; fields without a value are left out.
  public static func fields(_ fields: [(String, CBOR?)]) -> CBOR {
    .map(fields.compactMap { field in field.1.map { (key: .text(field.0), value: $0) } })
  }

  /// A whole number of either sign.
  public static func integer(_ number: Int64) -> CBOR {
    number >= 0 ? .uint(UInt64(number)) : .negative(UInt64(-1 - number))
  }

  /// A list of shapes.
  public static func list(_ shapes: [some ControlShape]) -> CBOR { .array(shapes.map(\.cbor)) }

  /// A list of texts.
  public static func texts(_ texts: [String]) -> CBOR { .array(texts.map { .text($0) }) }
}
