// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@Suite struct AEADTests {
  private func seal(
    _ algorithm: AEADAlgorithm, key: [UInt8], nonce: [UInt8], associated: [UInt8], _ plaintext: [UInt8]
  ) throws -> [UInt8] {
    let key = try AEADKey(algorithm, key: SecretBytes(key))
    let (lane, number) = split(nonce)
    var output = [UInt8](repeating: 0, count: plaintext.count + 16)
    associated.withUnsafeBytes { associated in
      plaintext.withUnsafeBytes { plaintext in
        output.withUnsafeMutableBytes {
          key.seal(lane: lane, number: number, associated: associated, plaintext: plaintext, into: $0.baseAddress!)
        }
      }
    }
    return output
  }

  private func open(
    _ algorithm: AEADAlgorithm, key: [UInt8], nonce: [UInt8], associated: [UInt8], _ ciphertext: [UInt8]
  ) throws -> (isAuthentic: Bool, output: [UInt8]) {
    let key = try AEADKey(algorithm, key: SecretBytes(key))
    let (lane, number) = split(nonce)
    var output = [UInt8](repeating: 0xEE, count: max(ciphertext.count - 16, 0) + 1)
    let isAuthentic = associated.withUnsafeBytes { associated in
      ciphertext.withUnsafeBytes { ciphertext in
        output.withUnsafeMutableBytes {
          key.open(lane: lane, number: number, associated: associated, ciphertext: ciphertext, into: $0.baseAddress!)
        }
      }
    }
    #expect(output.removeLast() == 0xEE, "open wrote past the plaintext")
    return (isAuthentic, output)
  }

  private func split(_ nonce: [UInt8]) -> (lane: UInt32, number: UInt64) {
    (nonce[..<4].reduce(0) { $0 << 8 | UInt32($1) }, nonce[4...].reduce(0) { $0 << 8 | UInt64($1) })
  }

  @Test("ChaCha20-Poly1305 gives the example of RFC 8439, section 2.8.2")
  func rfc8439() throws {
    let key = [UInt8](0x80...0x9F)
    let nonce = hex("070000004041424344454647")
    let associated = hex("50515253c0c1c2c3c4c5c6c7")
    let plaintext = Array(
      ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        + "sunscreen would be it.").utf8)
    let expected = hex(
      """
      d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29
      05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b
      6116 1ae10b594f09e26a7e902ecbd0600691
      """)
    #expect(
      try seal(.chaCha20Poly1305, key: key, nonce: nonce, associated: associated, plaintext) == expected)
    let opened = try open(.chaCha20Poly1305, key: key, nonce: nonce, associated: associated, expected)
    #expect(opened.isAuthentic && opened.output == plaintext)
  }

  @Test(
    "AES-256-GCM gives test cases 13 to 16 of the GCM specification",
    arguments: [
      (String(repeating: "00", count: 32), "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
      (
        String(repeating: "00", count: 32), "000000000000000000000000", "", "00000000000000000000000000000000",
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
      ),
      (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
          + "b16aedf5aa0de657ba637b391aafd255",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
          + "c5f61e6393ba7a0abcc9f662898015ad b094dac5d93471bdec1a502270e3cc6c"
      ),
      (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
          + "b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
          + "c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b"
      ),
    ])
  func gcm(key: String, nonce: String, associated: String, plaintext: String, expected: String) throws {
    let sealed = try seal(
      .aes256GCM, key: hex(key), nonce: hex(nonce), associated: hex(associated), hex(plaintext))
    #expect(sealed == hex(expected))
    let opened = try open(.aes256GCM, key: hex(key), nonce: hex(nonce), associated: hex(associated), sealed)
    #expect(opened.isAuthentic && opened.output == hex(plaintext))
  }

  @Test("In place and out of place give the same bytes, of any length", arguments: AEADAlgorithm.allCases)
  func inPlace(algorithm: AEADAlgorithm) throws {
    var generator = SeededGenerator(7)
    let key = try AEADKey(algorithm, key: SecretBytes(generator.bytes(32)))
    for count in [0, 1, 15, 16, 17, 63, 64, 255, 1200, 1420, 65_536] {
      let plaintext = generator.bytes(count)
      let associated = generator.bytes(13)
      var apart = [UInt8](repeating: 0, count: count + 16)
      var inside = plaintext + [UInt8](repeating: 0, count: 16)
      associated.withUnsafeBytes { associated in
        plaintext.withUnsafeBytes { plaintext in
          apart.withUnsafeMutableBytes {
            key.seal(lane: 3, number: 9, associated: associated, plaintext: plaintext, into: $0.baseAddress!)
          }
        }
        inside.withUnsafeMutableBytes { buffer in
          let text = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
          key.seal(lane: 3, number: 9, associated: associated, plaintext: text, into: buffer.baseAddress!)
        }
        #expect(apart == inside)
        let isAuthentic = inside.withUnsafeMutableBytes { buffer in
          key.open(
            lane: 3, number: 9, associated: associated, ciphertext: UnsafeRawBufferPointer(buffer),
            into: buffer.baseAddress!)
        }
        #expect(isAuthentic && Array(inside.prefix(count)) == plaintext)
      }
    }
  }

  @Test(
    "Any changed bit, lane, number or associated byte is refused and leaves no plaintext",
    arguments: AEADAlgorithm.allCases)
  func forged(algorithm: AEADAlgorithm) throws {
    let (key, nonce, associated) = ([UInt8](repeating: 5, count: 32), [UInt8](1...12), [UInt8](20...32))
    let sealed = try seal(
      algorithm, key: key, nonce: nonce, associated: associated, [UInt8](repeating: 0x41, count: 40))
    let zeros = [UInt8](repeating: 0, count: 40)
    for bit in 0..<(sealed.count * 8) {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let opened = try open(algorithm, key: key, nonce: nonce, associated: associated, changed)
      #expect(!opened.isAuthentic && opened.output == zeros)
    }
    for place in nonce.indices {
      var changed = nonce
      changed[place] ^= 1
      #expect(try !open(algorithm, key: key, nonce: changed, associated: associated, sealed).isAuthentic)
    }
    #expect(try !open(algorithm, key: key, nonce: nonce, associated: [], sealed).isAuthentic)
    var otherKey = key
    otherKey[0] ^= 1
    #expect(try !open(algorithm, key: otherKey, nonce: nonce, associated: associated, sealed).isAuthentic)
  }

  @Test("Less than a tag is refused", arguments: AEADAlgorithm.allCases)
  func short(algorithm: AEADAlgorithm) throws {
    for count in 0..<16 {
      let opened = try open(
        algorithm, key: [UInt8](repeating: 5, count: 32), nonce: [UInt8](1...12), associated: [],
        [UInt8](repeating: 0, count: count))
      #expect(!opened.isAuthentic)
    }
  }

  @Test("A key of another length is refused")
  func keyLength() {
    for count in [0, 16, 31, 33] {
      #expect(throws: AEADError.keyLength(count)) {
        try AEADKey(.aes256GCM, key: SecretBytes([UInt8](repeating: 1, count: count)))
      }
    }
  }

  @Test("ChaCha20-Poly1305 is always offered, and AES-256-GCM comes first where there is hardware for it")
  func preferred() {
    #expect(AEADAlgorithm.preferred.last == .chaCha20Poly1305)
    #expect(AEADAlgorithm.preferred.count == 1 || AEADAlgorithm.preferred == [.aes256GCM, .chaCha20Poly1305])
  }

  @Test("Plaintext and associated data without an address are empty ones", arguments: AEADAlgorithm.allCases)
  func noAddress(algorithm: AEADAlgorithm) throws {
    let key = try AEADKey(algorithm, key: SecretBytes([UInt8](repeating: 1, count: 32)))
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var tag = [UInt8](repeating: 0, count: 16)
    let isAuthentic = tag.withUnsafeMutableBytes { buffer in
      key.seal(lane: 1, number: 2, associated: none, plaintext: none, into: buffer.baseAddress!)
      let sealed = UnsafeRawBufferPointer(buffer)
      #expect(!key.open(lane: 1, number: 2, associated: none, ciphertext: none, into: buffer.baseAddress!))
      return key.open(lane: 1, number: 2, associated: none, ciphertext: sealed, into: buffer.baseAddress!)
    }
    #expect(isAuthentic)
    #expect(
      try seal(
        algorithm, key: [UInt8](repeating: 1, count: 32), nonce: hex("000000010000000000000002"), associated: [], [])
        == tag)
  }

  @Test("XChaCha20-Poly1305 gives what draft-irtf-cfrg-xchacha-03, A.3.1, says, and opens nothing that was changed")
  func extendedNonce() {
    let plaintext = Array(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
        .utf8)
    let key = Array(UInt8(0x80)...0x9f)
    let nonce = Array(UInt8(0x40)...0x57)
    let associated: [UInt8] = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7]
    let sealed = XChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, associated: associated)
    #expect(Array(sealed.prefix(16)) == hex("bd6d179d3e83d43b9576579493c0e939"))
    #expect(Array(sealed.suffix(16)) == hex("c0875924c1c7987947deafd8780acf49"))
    #expect(XChaCha20Poly1305.open(sealed, key: key, nonce: nonce, associated: associated) == plaintext)
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 1
      #expect(XChaCha20Poly1305.open(changed, key: key, nonce: nonce, associated: associated) == nil)
    }
    #expect(XChaCha20Poly1305.open(sealed, key: key, nonce: nonce, associated: []) == nil)
    #expect(XChaCha20Poly1305.open(Array(sealed.prefix(15)), key: key, nonce: nonce, associated: associated) == nil)
    let empty = XChaCha20Poly1305.seal([], key: key, nonce: nonce, associated: [])
    #expect(XChaCha20Poly1305.open(empty, key: key, nonce: nonce, associated: []) == [])
  }
}
