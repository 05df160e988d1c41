// SPDX-License-Identifier: Apache-2.0
import CSodium
import MeshCrypto
import TestSupport
import Testing

@Suite struct X25519Tests {
  /// By libsodium's ladder; ours come by way of edwards25519.
  private func ladder(_ secret: [UInt8]) -> [UInt8] {
    var point = [UInt8](repeating: 0, count: 32)
    let status = crypto_scalarmult_curve25519_base(&point, secret)
    return status == 0 ? point : []
  }

  private func publicKey(_ secret: [UInt8]) -> [UInt8]? { X25519KeyPair(secret: SecretBytes(secret))?.publicKey.bytes }

  @Test func publicKeysAreThoseOfTheLadder() {
    var random = SeededGenerator(7748)
    for _ in 0..<2000 {
      let secret = random.bytes(32)
      #expect(publicKey(secret) == ladder(secret))
    }
  }

  /// Zeros, ones, and each single bit, of which the clamp takes or sets some.
  @Test func publicKeysOfSparseAndDenseSecretsAreThoseOfTheLadder() {
    for byte: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
      let secret = [UInt8](repeating: byte, count: 32)
      #expect(publicKey(secret) == ladder(secret))
    }
    for bit in 0..<256 {
      var secret = [UInt8](repeating: 0, count: 32)
      secret[bit / 8] = 1 << UInt8(bit % 8)
      #expect(publicKey(secret) == ladder(secret))
    }
  }

  /// Numbers at and above the prime, which have two ways to be written, come out in the shorter one.
  @Test func numbersNearThePrimeAreWrittenInOneWay() {
    for below in 0..<64 as Range<UInt8> {
      var bytes = [UInt8](repeating: 0xFF, count: 32)
      (bytes[0], bytes[31]) = (0xFF - below, 0x7F)
      var written = [UInt8](repeating: 0, count: 32)
      mesh_field_write(&written, mesh_field_read(bytes))
      // p ends in 0xED: what is less is itself, what is more is the rest.
      var expected = bytes
      if below <= 0x12 {
        expected = [UInt8](repeating: 0, count: 32)
        expected[0] = 0x12 - below
      }
      #expect(written == expected)
    }
  }

  @Test func aNumberTimesItsInverseIsOne() {
    var random = SeededGenerator(25519)
    let one = [1] + [UInt8](repeating: 0, count: 31)
    for _ in 0..<200 {
      let number = mesh_field_read(random.bytes(32))
      var written = [UInt8](repeating: 0, count: 32)
      mesh_field_write(&written, mesh_field_multiply(number, mesh_field_invert(number)))
      #expect(written == one)
    }
  }
}
