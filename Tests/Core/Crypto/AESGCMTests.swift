// SPDX-License-Identifier: Apache-2.0
import CAESGCM
import TestSupport
import Testing

/// Where libipsec-mb or a processor for it is missing, these compare GnuTLS with itself.
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
