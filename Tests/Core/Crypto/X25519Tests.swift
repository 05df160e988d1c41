// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

/// The vectors of RFC 7748, sections 5.2 and 6.1.
@Suite struct X25519Tests {
  private static let alicePublic = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
  private static let bobSecret = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
  private static let bobPublic = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
  private static let shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

  private func multiply(_ scalar: [UInt8], _ point: [UInt8]) throws -> [UInt8] {
    let pair = try #require(X25519KeyPair(secret: SecretBytes(scalar)))
    let remote = try #require(X25519PublicKey(point))
    return try #require(pair.sharedSecret(with: remote)).copied
  }

  @Test func aPublicKeyIsThatOfThePublishedVector() {
    #expect(X25519KeyPair.fixed(Self.bobSecret).publicKey.bytes == hex(Self.bobPublic))
  }

  @Test func anAgreementIsThatOfThePublishedVector() throws {
    #expect(try multiply(hex(Self.bobSecret), hex(Self.alicePublic)) == hex(Self.shared))
  }

  @Test(
    "A scalar times a point is what the published vectors say",
    arguments: [
      (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
      ),
      (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
      ),
    ])
  func products(scalar: String, point: String, product: String) throws {
    #expect(try multiply(hex(scalar), hex(point)) == hex(product))
  }

  /// The first product is also a public key, as the first point is the base point.
  @Test func aThousandProductsOfOneAnotherAreThePublishedOne() throws {
    var (scalar, point) = ([9] + [UInt8](repeating: 0, count: 31), [9] + [UInt8](repeating: 0, count: 31))
    for number in 1...1000 {
      let product = try multiply(scalar, point)
      if number == 1 {
        #expect(product == hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
        #expect(X25519KeyPair(secret: SecretBytes(scalar))?.publicKey.bytes == product)
      }
      (scalar, point) = (product, scalar)
    }
    #expect(scalar == hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
  }
}
