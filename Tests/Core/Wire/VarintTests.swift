// SPDX-License-Identifier: Apache-2.0
import MeshWire
import TestSupport
import Testing

@Suite struct VarintTests {
  private func encode(_ value: UInt64) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 8)
    let length = bytes.withUnsafeMutableBytes { Varint.encode(value, to: $0.baseAddress!) }
    return Array(bytes.prefix(length))
  }

  private func decode(_ bytes: [UInt8]) -> (value: UInt64, length: Int)? {
    (bytes + [0]).withUnsafeBytes { Varint.decode($0.baseAddress!, available: bytes.count) }
  }

  @Test(
    "The examples of RFC 9000, appendix A.1, decode and encode",
    arguments: [
      ("c2197c5eff14e88c", UInt64(151_288_809_941_952_652)), ("9d7f3e7d", 494_878_333), ("7bbd", 15_293), ("25", 37),
    ])
  func examples(text: String, value: UInt64) throws {
    let bytes = try #require(Hex.decode(text))
    let decoded = try #require(decode(bytes))
    #expect(decoded.value == value && decoded.length == bytes.count)
    #expect(encode(value) == bytes)
  }

  @Test("A form longer than needed decodes, but the strict reader refuses it and stays where it was")
  func longForm() throws {
    let decoded = try #require(decode([0x40, 0x25]))
    #expect(decoded.value == 37 && decoded.length == 2)
    [UInt8]([0x40, 0x25]).withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      #expect(throws: WireError.overlong) { try reader.shortestVarint() }
      #expect(reader.position == 0)
    }
  }

  @Test("Every length boundary survives the way out and back")
  func boundaries() throws {
    let edges: [UInt64] = [0, 63, 64, 16_383, 16_384, 1_073_741_823, 1_073_741_824, Varint.maximum]
    for (value, length) in zip(edges, [1, 1, 2, 2, 4, 4, 8, 8]) {
      #expect(Varint.length(value) == length)
      #expect(encode(value).count == length)
      #expect(decode(encode(value))?.value == value)
    }
  }

  @Test("A value of 2^62 or more is not written")
  func tooLarge() {
    #expect(Varint.length(Varint.maximum + 1) == 0)
    #expect(encode(.max) == [])
    var writer = GrowingByteWriter()
    #expect(throws: WireError.limit) { try writer.varint(.max) }
  }

  @Test("Every cut of an encoding is recognised as incomplete")
  func truncated() {
    for value: UInt64 in [0, 64, 16_384, 1 << 40] {
      let bytes = encode(value)
      for count in 0..<bytes.count { #expect(decode(Array(bytes.prefix(count))) == nil) }
    }
  }

  @Test("Random values of every size survive the way out and back", arguments: [UInt64(1), 2, 3])
  func random(seed: UInt64) {
    var generator = SeededGenerator(seed)
    for _ in 0..<2000 {
      let value = generator.next() >> UInt64.random(in: 2...63, using: &generator)
      let bytes = encode(value)
      #expect(decode(bytes)?.value == value && decode(bytes)?.length == bytes.count)
    }
  }
}
