// SPDX-License-Identifier: Apache-2.0
import MeshWire
import TestSupport
import Testing

@Suite struct ByteReaderWriterTests {
  @Test("What the fixed writer writes is big-endian and is what the reader reads")
  func roundTrip() throws {
    var memory = [UInt8](repeating: 0xEE, count: 24)
    try memory.withUnsafeMutableBytes { (buffer) throws in
      var writer = ByteWriter(buffer)
      try writer.u8(1)
      try writer.u16(0x0203)
      try writer.u32(0x0405_0607)
      try writer.u64(0x0809_0A0B_0C0D_0E0F)
      try writer.varint(0x1234)
      try writer.bytes([9, 8, 7])
      #expect(writer.position == 20 && writer.remaining == 4)
    }
    #expect(Array(memory.prefix(15)) == Array(1...15))
    try memory.withUnsafeBytes { (buffer) throws in
      var reader = ByteReader(buffer)
      #expect(try reader.u8() == 1)
      #expect(try reader.u16() == 0x0203)
      #expect(try reader.u32() == 0x0405_0607)
      #expect(try reader.u64() == 0x0809_0A0B_0C0D_0E0F)
      #expect(try reader.varint() == 0x1234)
      #expect(Array(try reader.bytes(3)) == [9, 8, 7])
      #expect(Array(reader.rest()) == [0xEE, 0xEE, 0xEE, 0xEE])
      #expect(reader.isAtEnd)
    }
  }

  @Test("The growing writer gives the bytes of the fixed one", arguments: 0..<20 as Range<UInt64>)
  func twins(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    var growing = GrowingByteWriter()
    var memory = [UInt8](repeating: 0, count: 4096)
    let fixed = try memory.withUnsafeMutableBytes { buffer in
      var writer = ByteWriter(buffer)
      for _ in 0..<100 {
        let value = generator.next()
        switch value % 6 {
        case 0:
          try writer.u8(UInt8(truncatingIfNeeded: value))
          growing.u8(UInt8(truncatingIfNeeded: value))
        case 1:
          try writer.u16(UInt16(truncatingIfNeeded: value))
          growing.u16(UInt16(truncatingIfNeeded: value))
        case 2:
          try writer.u32(UInt32(truncatingIfNeeded: value))
          growing.u32(UInt32(truncatingIfNeeded: value))
        case 3:
          try writer.u64(value)
          growing.u64(value)
        case 4:
          try writer.varint(value >> 2)
          try growing.varint(value >> 2)
        default:
          let bytes = generator.bytes(Int(value % 20))
          try writer.bytes(bytes)
          growing.bytes(bytes)
        }
      }
      return Array(writer.written)
    }
    #expect(fixed == growing.written)
  }

  @Test("A write that does not fit throws and changes nothing")
  func full() {
    var memory: [UInt8] = [1, 2, 3]
    memory.withUnsafeMutableBytes { buffer in
      var writer = ByteWriter(buffer)
      #expect(throws: WireError.limit) { try writer.u32(9) }
      #expect(throws: WireError.limit) { try writer.bytes([1, 2, 3, 4]) }
      #expect(throws: WireError.limit) { try writer.varint(1 << 20) }
      #expect(throws: WireError.limit) { try writer.reserve(4) }
      #expect(throws: WireError.limit) { try writer.reserve(-1) }
      #expect(writer.position == 0)
    }
    #expect(memory == [1, 2, 3])
  }

  @Test("A read past the end throws and leaves the position")
  func short() {
    [UInt8]([0, 1, 0x80]).withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      #expect(throws: WireError.truncated) { try reader.u32() }
      #expect(throws: WireError.truncated) { try reader.u64() }
      #expect(throws: WireError.truncated) { try reader.bytes(4) }
      #expect(throws: WireError.truncated) { try reader.bytes(-1) }
      #expect(reader.position == 0)
      #expect(throws: Never.self) { try reader.u16() }
      #expect(throws: WireError.truncated) { try reader.varint() }
      #expect(reader.position == 2)
    }
  }

  @Test("No input at all is only truncated")
  func empty() {
    var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(throws: WireError.truncated) { try reader.u8() }
    #expect(throws: WireError.truncated) { try reader.varint() }
    #expect(reader.rest().isEmpty)
    var writer = ByteWriter(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    #expect(throws: WireError.limit) { try writer.u8(0) }
    #expect(throws: Never.self) { try writer.bytes([]) }
  }

  @Test("A length prefix above the limit is told from one above the input")
  func lengthPrefix() throws {
    try [UInt8]([5, 1, 2, 3]).withUnsafeBytes { (buffer) throws in
      var reader = ByteReader(buffer)
      #expect(throws: WireError.limit) { try reader.lengthPrefixed(limit: 4) }
      #expect(throws: WireError.truncated) { try reader.lengthPrefixed(limit: 5) }
      #expect(reader.position == 0)
      try [UInt8]([3, 1, 2, 3]).withUnsafeBytes { (buffer) throws in
        var reader = ByteReader(buffer)
        #expect(Array(try reader.lengthPrefixed(limit: 3)) == [1, 2, 3])
      }
    }
  }
}
