// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import MeshWire

@Suite struct TextEncodingTests {
  @Test(
    "The valid strings of BIP-350 decode and encode",
    arguments: [
      "A1LQFN3A", "a1lqfn3a",
      "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
      "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
      "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
      "split1checkupstagehandshakeupstreamerranterredcaperredlc445v", "?1v759aa",
    ])
  func valid(text: String) throws {
    let (prefix, groups) = try Bech32m.decodeGroups(text)
    #expect(Bech32m.encode(prefix: prefix, groups: groups) == text.lowercased())
  }

  @Test(
    "The invalid strings of BIP-350 are refused, with the reason",
    arguments: [
      (" 1xj0phk", Bech32m.Failure.character), ("\u{7f}1g6xzxy", .character), ("\u{80}1vctc34", .character),
      ("an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4", .length),
      ("qyrz8wqd2c9m", .separator), ("1qyrz8wqd2c9m", .separator), ("y1b0jsk6g", .character),
      ("lt1igcx5c0", .character),
      ("in1muywd", .length), ("mm1crxm3i", .character), ("au1s5cgom", .character), ("M1VUXWEZ", .checksum),
      ("16plkw9", .length), ("1p2gdwpf", .separator),
    ])
  func invalid(text: String, reason: Bech32m.Failure) {
    #expect(throws: reason) { try Bech32m.decodeGroups(text) }
  }

  @Test("Bytes that do not fill the last group must be followed by zero bits")
  func padding() throws {
    #expect(throws: Bech32m.Failure.padding) { try Bech32m.decode(Bech32m.encode(prefix: "t", groups: [0, 1])) }
    #expect(throws: Bech32m.Failure.padding) { try Bech32m.decode(Bech32m.encode(prefix: "t", groups: [0])) }
    #expect(try Bech32m.decode(Bech32m.encode(prefix: "t", [0xAB, 0xCD])).bytes == [0xAB, 0xCD])
  }

  @Test(
    "The examples of RFC 4648, section 10, hold for base 64 without padding and for hexadecimal",
    arguments: [
      ("", "", ""), ("f", "Zg", "66"), ("fo", "Zm8", "666f"), ("foo", "Zm9v", "666f6f"), ("foob", "Zm9vYg", "666f6f62"),
      ("fooba", "Zm9vYmE", "666f6f6261"), ("foobar", "Zm9vYmFy", "666f6f626172"),
    ])
  func rfc4648(text: String, base64: String, hex: String) {
    #expect(Base64URL.encode(text.utf8) == base64)
    #expect(Base64URL.decode(base64) == Array(text.utf8))
    #expect(Hex.encode(text.utf8) == hex)
    #expect(Hex.decode(hex.uppercased()) == Array(text.utf8))
  }

  @Test(
    "Base 64 refuses padding, the other alphabet, impossible lengths and stray bits",
    arguments: [
      "Zg==", "Zm+v", "Zm/v", "Z", "Zh", "Zm9vYg ", "Zm9",
    ])
  func badBase64(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test("Hexadecimal refuses odd lengths and other characters", arguments: ["a", "0g", "0x10", " 0", "\u{ff10}0"])
  func badHex(text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test("Any bytes survive the way through base 64 and Bech32m", arguments: 0..<40)
  func roundTrip(count: Int) throws {
    var generator = SeededGenerator(UInt64(count))
    let bytes = generator.bytes(count)
    #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    #expect(try Bech32m.decode(Bech32m.encode(prefix: "test", bytes)).bytes == bytes)
  }
}
