// SPDX-License-Identifier: Apache-2.0
import MeshWire
import TestSupport
import Testing

@Suite struct CBORTests {
  /// RFC 8949, appendix A: the examples that need no tag, floating point number or indefinite length.
  ///
  /// Made at each use: the leak checker does not follow the tagged pointers of indirect cases that a global would keep.
  static var examples: [(String, CBOR)] {
    [
      ("00", .uint(0)), ("01", .uint(1)), ("0a", .uint(10)), ("17", .uint(23)), ("1818", .uint(24)),
      ("1819", .uint(25)), ("1864", .uint(100)), ("1903e8", .uint(1000)), ("1a000f4240", .uint(1_000_000)),
      ("1b000000e8d4a51000", .uint(1_000_000_000_000)), ("1bffffffffffffffff", .uint(.max)),
      ("3bffffffffffffffff", .negative(.max)), ("20", .negative(0)), ("29", .negative(9)), ("3863", .negative(99)),
      ("3903e7", .negative(999)), ("f4", .bool(false)), ("f5", .bool(true)), ("f6", .null), ("40", .bytes([])),
      ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")), ("6161", .text("a")), ("6449455446", .text("IETF")),
      ("62225c", .text("\"\\")), ("62c3bc", .text("\u{fc}")), ("63e6b0b4", .text("\u{6c34}")),
      ("64f0908591", .text("\u{10151}")), ("80", .array([])), ("83010203", .array([.uint(1), .uint(2), .uint(3)])),
      (
        "8301820203820405", .array([.uint(1), .array([.uint(2), .uint(3)]), .array([.uint(4), .uint(5)])])
      ),
      (
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819", .array((1...25).map { .uint($0) })
      ),
      ("a0", .map([])), ("a201020304", .map([(.uint(1), .uint(2)), (.uint(3), .uint(4))])),
      ("a26161016162820203", .map([(.text("a"), .uint(1)), (.text("b"), .array([.uint(2), .uint(3)]))])),
      ("826161a161626163", .array([.text("a"), .map([(.text("b"), .text("c"))])])),
      (
        "a56161614161626142616361436164614461656145",
        .map(["a", "b", "c", "d", "e"].map { (.text($0), .text($0.uppercased())) })
      ),
    ]
  }

  @Test("The examples of RFC 8949, appendix A, decode and encode", arguments: examples.indices)
  func example(index: Int) throws {
    let (text, value) = Self.examples[index]
    let bytes = try #require(Hex.decode(text))
    #expect(try CBOR.decode(bytes) == value)
    #expect(value.encode() == bytes)
  }

  @Test(
    "What is not the one deterministic form is refused, with the reason",
    arguments: [
      ("1817", CBORError.notShortest), ("1900ff", .notShortest), ("1a0000ffff", .notShortest),
      ("1b00000000ffffffff", .notShortest), ("5800", .notShortest), ("9800", .notShortest), ("b800", .notShortest),
      ("5f42010243030405ff", .indefinite), ("7f657374726561646d696e67ff", .indefinite), ("9fff", .indefinite),
      ("bf61610161629f0203ffff", .indefinite), ("ff", .indefinite), ("a2616201616102", .unsortedKeys),
      ("a2616101616102", .duplicateKey), ("62c328", .invalidUTF8), ("61ff", .invalidUTF8), ("63eda080", .invalidUTF8),
      ("0000", .trailingBytes), ("", .truncated), ("18", .truncated), ("4401", .truncated), ("8201", .truncated),
      ("a101", .truncated), ("1b01", .truncated), ("5bffffffffffffffff", .truncated), ("9bffffffffffffffff", .tooLarge),
      ("bbffffffffffffffff", .tooLarge), ("c074323031332d30332d32315432303a30343a30305a", .unsupported),
      ("f90000", .unsupported), ("f7", .unsupported), ("f0", .unsupported), ("f818", .unsupported),
      ("1c", .unsupported),
      ("1f", .unsupported), ("3f", .unsupported), ("df", .unsupported),
    ])
  func refused(text: String, reason: CBORError) throws {
    let bytes = try #require(Hex.decode(text))
    #expect(throws: reason) { try CBOR.decode(bytes) }
  }

  @Test("Keys are sorted bytewise by their encoding, so a shorter text comes before a longer one")
  func sorting() throws {
    let map = CBOR.map([
      (.text("aa"), .uint(6)), (.text("z"), .uint(5)), (.array([.negative(0)]), .uint(7)), (.negative(0), .uint(3)),
      (.uint(100), .uint(2)), (.bool(false), .uint(8)), (.uint(10), .uint(1)), (.bytes([]), .uint(4)),
    ])
    let decoded = try CBOR.decode(map.encode())
    guard case .map(let pairs) = decoded else {
      Issue.record("not a map")
      return
    }
    #expect(pairs.map(\.value) == (1...8).map { .uint($0) })
  }

  @Test("Depth, size and number of items are limited")
  func limits() throws {
    let nested = [UInt8](repeating: 0x81, count: 4) + [0]
    #expect(throws: CBORError.tooDeep) { try CBOR.decode(nested, limits: CBORLimits(depth: 3)) }
    #expect(throws: Never.self) { try CBOR.decode(nested, limits: CBORLimits(depth: 4)) }
    #expect(throws: CBORError.tooLarge) { try CBOR.decode(nested, limits: CBORLimits(size: 4)) }
    #expect(throws: CBORError.tooLarge) { try CBOR.decode([0x83, 1, 2, 3], limits: CBORLimits(items: 3)) }
    #expect(throws: Never.self) { try CBOR.decode([0x83, 1, 2, 3], limits: CBORLimits(items: 4)) }
    #expect(throws: CBORError.tooDeep) { try CBOR.decode([UInt8](repeating: 0x81, count: 60_000)) }
  }

  @Test("Random values survive the way out and back", arguments: 0..<40 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    for _ in 0..<50 {
      let bytes = value(depth: 4, &generator).encode()
      let decoded = try CBOR.decode(bytes)
      #expect(decoded.encode() == bytes)
    }
  }

  @Test(
    "Whatever mutated bytes are accepted, they are the encoding of what they mean", arguments: 0..<40 as Range<UInt64>)
  func mutated(seed: UInt64) {
    var generator = SeededGenerator(seed)
    for _ in 0..<100 {
      var bytes = value(depth: 3, &generator).encode()
      for _ in 0..<2 {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
      }
      if let decoded = try? CBOR.decode(bytes) { #expect(decoded.encode() == bytes) }
    }
  }

  private func value(depth: Int, _ generator: inout SeededGenerator) -> CBOR {
    let number = generator.next() >> UInt64.random(in: 0...63, using: &generator)
    switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &generator) {
    case 0: return .uint(number)
    case 1: return .negative(number)
    case 2: return .bytes(generator.bytes(Int(number % 40)))
    case 3: return .text(String(number, radix: 36))
    case 4: return .bool(number % 2 == 0)
    case 5: return .null
    case 6: return .array((0..<Int(number % 6)).map { _ in value(depth: depth - 1, &generator) })
    default:
      return .map((0..<Int(number % 6)).map { _ in (value(depth: 0, &generator), value(depth: depth - 1, &generator)) })
    }
  }
}
