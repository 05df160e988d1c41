// SPDX-License-Identifier: Apache-2.0
import HTXQUIC
import TestSupport
import Testing

@Suite struct PacketHeaderTests {
  private func parse(_ bytes: [UInt8]) -> PacketHeader? { bytes.withUnsafeBytes { PacketHeader($0) } }

  @Test func aShortHeaderHasAnIdOfEightBytes() throws {
    let header = try #require(parse([0x40] + Array(repeating: 1, count: 20)))
    #expect(header.version == nil)
    #expect(header.destination == 1..<9)
    #expect(parse(Array(repeating: 0x40, count: 8)) == nil)
  }

  @Test func aLongHeaderSaysItsVersionAndIds() throws {
    let header = try #require(parse([0xC0, 0, 0, 0, 1, 3, 7, 8, 9, 2, 5, 6, 0]))
    #expect(header.version == 1)
    #expect(header.destination == 6..<9)
    #expect(header.source == 10..<12)
  }

  @Test func longIdsAreForVersionsThatAreNotKnown() {
    let ids = [UInt8(21)] + Array(repeating: 0, count: 21) + [0]
    #expect(parse([0xC0, 0, 0, 0, 1] + ids) == nil)
    #expect(parse([0xC0, 9, 9, 9, 9] + ids)?.destination.count == 21)
  }

  @Test func everyPrefixOfEveryPacketIsReadWithoutATrap() {
    var random = SeededGenerator(3)
    for _ in 0..<20_000 {
      let bytes = random.bytes(Int(random.next() % 64))
      if let header = parse(bytes) {
        #expect(header.destination.upperBound <= bytes.count)
        #expect(header.source.upperBound <= bytes.count)
      }
    }
  }

  @Test func idsAreEqualWhenTheirBytesAreAndTheirLengthsAreToo() {
    func id(_ bytes: [UInt8]) -> ConnectionID? { bytes.withUnsafeBytes { ConnectionID($0) } }
    #expect(id([1, 2, 3]) == id([1, 2, 3]))
    #expect(id([0]) != id([0, 0]))
    #expect(id(Array(1...20)) != id(Array(1...19) + [99]))
    #expect(id(Array(repeating: 0, count: 21)) == nil)
  }
}
