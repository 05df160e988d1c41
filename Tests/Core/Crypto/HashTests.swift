// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@Suite struct HashTests {
  @Test(
    "SHA-256 gives the digests of FIPS 180-2, appendix B",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func sha256(message: String, digest: String) {
    #expect(SHA256.hash(Array(message.utf8)) == hex(digest))
  }

  @Test("A digest does not depend on how the message is cut")
  func parts() {
    let whole = Array("one and two".utf8)
    whole.withUnsafeBytes { bytes in
      for cut in 0...bytes.count {
        let (a, b) = (UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...]))
        #expect(SHA256.hash(a, b) == SHA256.hash(whole))
      }
    }
  }

  @Test(
    "HMAC-SHA256 gives the codes of RFC 4231, test cases 1, 2 and 6",
    arguments: [
      (
        String(repeating: "0b", count: 20), "4869205468657265",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        String(repeating: "aa", count: 131),
        "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ])
  func hmac(key: String, message: String, code: String) {
    hex(key).withUnsafeBytes { key in
      #expect(HMACSHA256.code(hex(message), key: key) == hex(code))
      #expect(HMACSHA256.verify(hex(code), of: hex(message), key: key))
      var wrong = hex(code)
      wrong[31] ^= 1
      #expect(!HMACSHA256.verify(wrong, of: hex(message), key: key))
      #expect(!HMACSHA256.verify(Array(wrong.dropLast()), of: hex(message), key: key))
    }
  }

  @Test(
    "HKDF gives the keys of RFC 5869, test cases 1 to 3",
    arguments: [
      (
        String(repeating: "0b", count: 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
      ),
      (
        Hex.encode(0...0x4F), Hex.encode(0x60...0xAF), Hex.encode(0xB0...0xFF),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8"
          + "367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
      ),
      (
        String(repeating: "0b", count: 22), "", "", "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
      ),
    ])
  func hkdf(input: String, salt: String, info: String, extracted: String, expanded: String) {
    hex(input).withUnsafeBytes { input in
      hex(salt).withUnsafeBytes { salt in
        hex(info).withUnsafeBytes { info in
          let key = HKDF.extract(salt: salt, input: input)
          #expect(key.copied == hex(extracted))
          #expect(HKDF.expand(key, info: info, count: hex(expanded).count).copied == hex(expanded))
        }
      }
    }
  }

  @Test("HKDF gives as much as it may, each length a prefix of the longer")
  func lengths() {
    let key = SecretBytes([UInt8](repeating: 7, count: 32))
    let most = HKDF.expand(key, info: "label", count: HKDF.maximumLength).copied
    for count in [0, 1, 31, 32, 33, 64, 100] {
      #expect(HKDF.expand(key, info: "label", count: count).copied == Array(most.prefix(count)))
    }
    #expect(HKDF.expand(key, info: "other").copied != Array(most.prefix(32)))
  }

  @Test("Comparison in constant time tells every differing byte and length")
  func comparison() {
    let bytes = [UInt8](0..<40)
    #expect(constantTimeEqual(bytes, bytes))
    #expect(constantTimeEqual([], []))
    #expect(!constantTimeEqual(bytes, Array(bytes.dropLast())))
    for place in bytes.indices {
      var other = bytes
      other[place] ^= 0x80
      #expect(!constantTimeEqual(bytes, other))
    }
  }

  @Test("A seeded source repeats itself, its calls differ, and another seed gives something else")
  func seeded() {
    let (a, b, c) = (RandomBytes.seeded(1), RandomBytes.seeded(1), RandomBytes.seeded(2))
    let first = a.bytes(48)
    #expect(first == b.bytes(48))
    #expect(first != c.bytes(48))
    #expect(a.bytes(48) != first)
    #expect(
      a.uint64()
        == {
          _ = b.bytes(48)
          return b.uint64()
        }())
    #expect(RandomBytes.system.bytes(32) != RandomBytes.system.bytes(32))
  }

  @Test("A secret never shows its bytes as text")
  func description() {
    #expect("\(SecretBytes([1, 2, 3]))" == "SecretBytes(3)")
  }

  @Test("Input without an address is empty input")
  func noAddress() {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(SHA256.hash(none) == SHA256.hash([]))
    #expect(HMACSHA256.code([1], key: none) == [UInt8]([0]).withUnsafeBytes { HMACSHA256.code([1], key: $0) })
    let zeros = [UInt8](repeating: 0, count: 32)
    let expected = zeros.withUnsafeBytes { HKDF.extract(salt: $0, input: none).copied }
    #expect(HKDF.extract(salt: none, input: none).copied == expected)
    #expect(constantTimeEqual(none, none))
    #expect(SecretBytes(none).count == 0)
  }
}
