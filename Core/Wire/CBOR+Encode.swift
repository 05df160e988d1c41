// SPDX-License-Identifier: Apache-2.0

extension CBOR {
  /// The deterministic encoding (RFC 8949, section 4.2.1): shortest lengths, definite lengths, map keys in the bytewise
  /// order of their encodings. A map that holds one key twice is a fault of the program: one of the two values is kept.
  public func encode() -> [UInt8] {
    var output: [UInt8] = []
    append(to: &output)
    return output
  }

  private func append(to output: inout [UInt8]) {
    switch self {
    case .uint(let value):
      Self.appendHead(0, value, to: &output)
    case .negative(let value):
      Self.appendHead(1, value, to: &output)
    case .bytes(let value):
      Self.appendHead(2, UInt64(value.count), to: &output)
      output.append(contentsOf: value)
    case .text(let value):
      Self.appendHead(3, UInt64(value.utf8.count), to: &output)
      output.append(contentsOf: value.utf8)
    case .array(let elements):
      Self.appendHead(4, UInt64(elements.count), to: &output)
      for element in elements { element.append(to: &output) }
    case .map(let pairs):
      Self.append(pairs, to: &output)
    case .bool(let value):
      output.append(value ? 0xF5 : 0xF4)
    case .null:
      output.append(0xF6)
    }
  }

  private static func append(_ pairs: [(key: CBOR, value: CBOR)], to output: inout [UInt8]) {
    var sorted: [(key: [UInt8], value: CBOR)] = []
    for (key, value) in pairs.map({ ($0.key.encode(), $0.value) }).sorted(by: { $0.0.lexicographicallyPrecedes($1.0) })
    where sorted.last?.key != key {
      sorted.append((key, value))
    }
    appendHead(5, UInt64(sorted.count), to: &output)
    for (key, value) in sorted {
      output.append(contentsOf: key)
      value.append(to: &output)
    }
  }

  private static func appendHead(_ major: UInt8, _ argument: UInt64, to output: inout [UInt8]) {
    let type = major << 5
    switch argument {
    case 0..<24:
      output.append(type | UInt8(argument))
    case 24...0xFF:
      output.append(type | 24)
      output.append(UInt8(argument))
    case 0x100...0xFFFF:
      output.append(type | 25)
      appendBigEndian(UInt16(argument), to: &output)
    case 0x1_0000...0xFFFF_FFFF:
      output.append(type | 26)
      appendBigEndian(UInt32(argument), to: &output)
    default:
      output.append(type | 27)
      appendBigEndian(argument, to: &output)
    }
  }

  private static func appendBigEndian(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
    withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) }
  }
}
