// SPDX-License-Identifier: Apache-2.0
import CAESGCM
import MeshWire
import TestSupport
import Testing

/// Where libipsec-mb or a processor for it is missing, `same` compares GnuTLS with itself; the published cases hold anywhere.
@Suite struct AESGCMTests {
  private static let lengths = [16, 32]
  private static let counts = Array(0...300) + [511, 512, 513, 767, 768, 769, 1023, 1024, 1025, 1400, 4095, 65_535]

  private func key(_ bytes: [UInt8], _ implementation: Int32) throws -> OpaquePointer {
    try #require(caesgcm_new(bytes, bytes.count, implementation))
  }

  private func seal(_ key: OpaquePointer, _ nonce: [UInt8], _ associated: [UInt8], _ text: [UInt8]) -> [UInt8] {
    var sealed = [UInt8](repeating: 0xEE, count: text.count + 17)
    #expect(caesgcm_seal(key, nonce, associated, associated.count, text, text.count, &sealed) == 0)
    #expect(sealed.removeLast() == 0xEE, "seal wrote past the tag")
    return sealed
  }

  @Test("The implementation chosen gives GnuTLS's bytes and opens them, for every length", arguments: lengths)
  func same(length: Int) throws {
    var generator = SeededGenerator(UInt64(length))
    for count in Self.counts {
      let bytes = generator.bytes(length)
      let (best, other) = (try key(bytes, CAESGCM_BEST), try key(bytes, CAESGCM_GNUTLS))
      defer {
        caesgcm_free(best)
        caesgcm_free(other)
      }
      let (nonce, associated) = (generator.bytes(12), generator.bytes(count % 41))
      let text = generator.bytes(count)
      let sealed = seal(other, nonce, associated, text)
      #expect(seal(best, nonce, associated, text) == sealed)
      var opened = [UInt8](repeating: 0, count: count + 1)
      #expect(caesgcm_open(best, nonce, associated, associated.count, sealed, sealed.count, &opened) == 0)
      #expect(Array(opened.prefix(count)) == text)
    }
  }

  fileprivate struct PublishedCase: CustomTestStringConvertible, Sendable {
    let name: String
    let key, associated, text, sealed: [UInt8]
    var testDescription: String { name }
  }

  private static func bytes(_ text: String) -> [UInt8] { Hex.decode(text) ?? [] }

  /// Cases 3, 4, 15 and 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", 2005, appendix B.
  private static let publishedCases: [PublishedCase] = {
    let key = bytes("feffe9928665731c6d6a8f9467308308")
    let associated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    let text = bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255")
    let short = bytes(
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        + "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985")
    let long = bytes(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad")
    func one(
      _ number: Int, _ key: [UInt8], _ associated: [UInt8], _ count: Int, _ sealed: [UInt8], _ tag: String
    ) -> PublishedCase {
      PublishedCase(
        name: "case \(number)", key: key, associated: associated, text: Array(text[..<count]),
        sealed: sealed[..<count] + bytes(tag))
    }
    return [
      one(3, key, [], 64, short, "4d5c2af327cd64a62cf35abd2ba6fab4"),
      one(4, key, associated, 60, short, "5bc94fbc3221a5db94fae95ae7121a47"),
      one(15, key + key, [], 64, long, "b094dac5d93471bdec1a502270e3cc6c"),
      one(16, key + key, associated, 60, long, "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]
  }()

  @Test("The published cases come out and are opened", arguments: publishedCases, [CAESGCM_BEST, CAESGCM_GNUTLS])
  fileprivate func published(one: PublishedCase, implementation: Int32) throws {
    let key = try key(one.key, implementation)
    defer { caesgcm_free(key) }
    let nonce = Self.bytes("cafebabefacedbaddecaf888")
    #expect(seal(key, nonce, one.associated, one.text) == one.sealed)
    var opened = [UInt8](repeating: 0, count: one.text.count)
    let associated = one.associated
    #expect(caesgcm_open(key, nonce, associated, associated.count, one.sealed, one.sealed.count, &opened) == 0)
    #expect(opened == one.text)
  }

  @Test("Text is sealed and opened where it stands, at any address", arguments: lengths)
  func inPlace(length: Int) throws {
    var generator = SeededGenerator(3)
    let key = try key(generator.bytes(length), CAESGCM_BEST)
    defer { caesgcm_free(key) }
    let nonce = generator.bytes(12)
    for offset in 0..<17 {
      let text = generator.bytes(1300 + offset)
      let expected = seal(key, nonce, [], text)
      var memory = [UInt8](repeating: 0, count: offset) + text + [UInt8](repeating: 0, count: 16)
      memory.withUnsafeMutableBufferPointer { memory in
        let start = memory.baseAddress! + offset
        #expect(caesgcm_seal(key, nonce, nil, 0, start, text.count, start) == 0)
        #expect(Array(UnsafeBufferPointer(start: start, count: expected.count)) == expected)
        #expect(caesgcm_open(key, nonce, nil, 0, start, expected.count, start) == 0)
        #expect(Array(UnsafeBufferPointer(start: start, count: text.count)) == text)
      }
    }
  }

  @Test("What was changed is refused by either and leaves zeros", arguments: lengths, [CAESGCM_BEST, CAESGCM_GNUTLS])
  func forged(length: Int, implementation: Int32) throws {
    var generator = SeededGenerator(5)
    let key = try key(generator.bytes(length), implementation)
    defer { caesgcm_free(key) }
    let (nonce, text) = (generator.bytes(12), generator.bytes(200))
    let sealed = seal(key, nonce, text, text)
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 1
      var opened = [UInt8](repeating: 0xEE, count: text.count)
      #expect(caesgcm_open(key, nonce, text, text.count, changed, changed.count, &opened) < 0)
      #expect(opened == [UInt8](repeating: 0, count: text.count))
    }
    var opened = [UInt8](repeating: 0, count: 16)
    #expect(caesgcm_open(key, nonce, [], 0, sealed, 15, &opened) < 0)
  }

  @Test("Keys of another length are none")
  func keyLength() {
    for count in [0, 15, 24, 31, 33] {
      #expect(caesgcm_new([UInt8](repeating: 1, count: count), count, CAESGCM_BEST) == nil)
    }
  }
}
