// SPDX-License-Identifier: Apache-2.0
import MeshWire
import TestSupport
import Testing

@Suite struct NodeIDTests {
  private static let one = NodeID(bytes: Array(0..<32))!

  @Test("A name is 63 characters, starts with mesh1 and leads back to the key", arguments: 0..<50 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let bytes = generator.bytes(32)
    let id = try #require(NodeID(bytes: bytes))
    #expect(id.bytes == bytes)
    #expect(id.name.utf8.count == NodeID.nameLength && id.name.hasPrefix("mesh1"))
    #expect(NodeID(name: id.name) == id)
    #expect(NodeID(name: id.name.uppercased()) == id)
  }

  @Test("Every single mistyped character is noticed")
  func typingErrors() {
    let name = Array(Self.one.name.utf8)
    for place in 5..<name.count {
      for character in "qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8 where character != name[place] {
        var changed = name
        changed[place] = character
        #expect(throws: NodeID.NameError.checksum) { try NodeID.parse(String(decoding: changed, as: UTF8.self)) }
      }
    }
  }

  @Test("Two neighbours exchanged are noticed")
  func exchanged() {
    let name = Array(Self.one.name.utf8)
    for place in 5..<(name.count - 1) where name[place] != name[place + 1] {
      var changed = name
      changed.swapAt(place, place + 1)
      #expect(NodeID(name: String(decoding: changed, as: UTF8.self)) == nil)
    }
  }

  @Test("An error says what is wrong with a name")
  func errors() {
    let name = Self.one.name
    #expect(throws: NodeID.NameError.prefix) { try NodeID.parse("node1" + name.dropFirst(5)) }
    #expect(throws: NodeID.NameError.prefix) { try NodeID.parse("") }
    #expect(throws: NodeID.NameError.length(62)) { try NodeID.parse(name.dropLast()) }
    #expect(throws: NodeID.NameError.length(64)) { try NodeID.parse(name + "q") }
    #expect(throws: NodeID.NameError.character) { try NodeID.parse(name.dropLast() + "b") }
    #expect(throws: NodeID.NameError.character) { try NodeID.parse("M" + name.dropFirst()) }
    #expect(NodeID.NameError.length(62).description == "a node name has 63 characters, this one has 62")
  }

  @Test("Bytes of another length are refused")
  func length() {
    for count in [0, 31, 33] { #expect(NodeID(bytes: [UInt8](repeating: 1, count: count)) == nil) }
  }

  @Test("The order is that of the bytes", arguments: 0..<30 as Range<UInt64>)
  func order(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let left = generator.bytes(32)
    var right = left
    right[Int.random(in: 0..<32, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
    let (a, b) = (try #require(NodeID(bytes: left)), try #require(NodeID(bytes: right)))
    #expect((a < b) == left.lexicographicallyPrecedes(right))
    #expect((b < a) == right.lexicographicallyPrecedes(left))
    #expect(a != b)
  }
}
