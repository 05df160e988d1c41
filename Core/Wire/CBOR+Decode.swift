// SPDX-License-Identifier: Apache-2.0

extension CBOR {
  /// The one value that `input` holds, refused unless it is in the deterministic form (RFC 8949, section 4.2.1).
  public static func decode(
    _ input: UnsafeRawBufferPointer, limits: CBORLimits = CBORLimits()
  ) throws(CBORError) -> CBOR {
    guard input.count <= limits.size else { throw .tooLarge }
    var decoder = CBORDecoder(input: input, itemsLeft: limits.items)
    let value = try decoder.value(depthLeft: limits.depth)
    guard decoder.position == input.count else { throw .trailingBytes }
    return value
  }

  /// As the other `decode`, from an array.
  public static func decode(_ input: [UInt8], limits: CBORLimits = CBORLimits()) throws(CBORError) -> CBOR {
    let result = input.withUnsafeBytes { bytes in
      Result { () throws(CBORError) in try decode(bytes, limits: limits) }
    }
    return try result.get()
  }
}

/// The state of one decoding.
private struct CBORDecoder {
  let input: UnsafeRawBufferPointer
  var itemsLeft: Int
  var position = 0

  mutating func value(depthLeft: Int) throws(CBORError) -> CBOR {
    guard itemsLeft > 0 else { throw .tooLarge }
    itemsLeft -= 1
    let initial = try byte()
    switch initial >> 5 {
    case 0: return .uint(try argument(initial))
    case 1: return .negative(try argument(initial))
    case 2: return .bytes(Array(try string(initial)))
    case 3:
      guard let text = String(validating: try string(initial), as: UTF8.self) else { throw .invalidUTF8 }
      return .text(text)
    case 4: return try array(initial, depthLeft: depthLeft)
    case 5: return try map(initial, depthLeft: depthLeft)
    case 7: return try simple(initial)
    default: throw .unsupported
    }
  }

  private mutating func array(_ initial: UInt8, depthLeft: Int) throws(CBORError) -> CBOR {
    let count = try count(initial, depthLeft: depthLeft, itemsEach: 1)
    var elements: [CBOR] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try value(depthLeft: depthLeft - 1)) }
    return .array(elements)
  }

  private mutating func map(_ initial: UInt8, depthLeft: Int) throws(CBORError) -> CBOR {
    let count = try count(initial, depthLeft: depthLeft, itemsEach: 2)
    var pairs: [(key: CBOR, value: CBOR)] = []
    pairs.reserveCapacity(count)
    var previous: UnsafeRawBufferPointer?
    for _ in 0..<count {
      let start = position
      let key = try value(depthLeft: depthLeft - 1)
      let encoded = UnsafeRawBufferPointer(rebasing: input[start..<position])
      if let previous, !previous.lexicographicallyPrecedes(encoded) {
        throw previous.elementsEqual(encoded) ? .duplicateKey : .unsortedKeys
      }
      previous = encoded
      pairs.append((key, try value(depthLeft: depthLeft - 1)))
    }
    return .map(pairs)
  }

  /// Checked before anything is reserved, so that a length alone cannot make the decoder allocate.
  private mutating func count(_ initial: UInt8, depthLeft: Int, itemsEach: UInt64) throws(CBORError) -> Int {
    guard depthLeft > 0 else { throw .tooDeep }
    let count = try argument(initial)
    guard count <= UInt64(itemsLeft) / itemsEach else { throw .tooLarge }
    guard count <= UInt64(input.count - position) / itemsEach else { throw .truncated }
    return Int(count)
  }

  private mutating func string(_ initial: UInt8) throws(CBORError) -> UnsafeRawBufferPointer {
    let count = try argument(initial)
    guard count <= UInt64(input.count - position) else { throw .truncated }
    let start = position
    position += Int(count)
    return UnsafeRawBufferPointer(rebasing: input[start..<position])
  }

  private func simple(_ initial: UInt8) throws(CBORError) -> CBOR {
    switch initial {
    case 0xF4: return .bool(false)
    case 0xF5: return .bool(true)
    case 0xF6: return .null
    case 0xFF: throw .indefinite
    default: throw .unsupported
    }
  }

  private mutating func argument(_ initial: UInt8) throws(CBORError) -> UInt64 {
    let short = initial & 31
    switch short {
    case 0..<24: return UInt64(short)
    case 24: return try argument(bytes: 1, from: 24)
    case 25: return try argument(bytes: 2, from: 0x100)
    case 26: return try argument(bytes: 4, from: 0x1_0000)
    case 27: return try argument(bytes: 8, from: 0x1_0000_0000)
    case 31 where (2...5).contains(initial >> 5): throw .indefinite
    default: throw .unsupported
    }
  }

  private mutating func argument(bytes count: Int, from smallest: UInt64) throws(CBORError) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
    guard value >= smallest else { throw .notShortest }
    return value
  }

  private mutating func byte() throws(CBORError) -> UInt8 {
    guard position < input.count else { throw .truncated }
    defer { position += 1 }
    return input[position]
  }
}
