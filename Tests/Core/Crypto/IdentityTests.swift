// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@Suite struct IdentityTests {
  private func identity(_ value: UInt8) -> Identity {
    Identity(seed: SecretBytes([UInt8](repeating: value, count: 32)))!
  }

  @Test(
    "The public keys are those of RFC 8032, section 7.1, tests 1 and 2",
    arguments: [
      (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
      ),
      (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
      ),
    ])
  func rfc8032(seed: String, publicKey: String) throws {
    let identity = try #require(Identity(seed: SecretBytes(hex(seed))))
    #expect(identity.id.bytes == hex(publicKey))
  }

  @Test("A seed of another length is refused")
  func seedLength() {
    for count in [0, 31, 33, 64] { #expect(Identity(seed: SecretBytes([UInt8](repeating: 1, count: count))) == nil) }
  }

  @Test("The X25519 key found from a name is the one that its owner uses", arguments: 0..<20 as Range<UInt64>)
  func conversion(seed: UInt64) {
    let identity = Identity.generate(from: .seeded(seed))
    #expect(Identity.noisePublicKey(of: identity.id) == identity.noiseStatic.publicKey)
  }

  @Test(
    "A name that is no good point has no X25519 key",
    arguments: [
      String(repeating: "00", count: 32), "01" + String(repeating: "00", count: 31),
      "02" + String(repeating: "00", count: 31),
      String(repeating: "ff", count: 32),
    ])
  func badPoint(bytes: String) throws {
    #expect(Identity.noisePublicKey(of: try #require(NodeID(bytes: hex(bytes)))) == nil)
  }

  @Test("A signature is good for its signer, context and message alone")
  func signatures() {
    let (alice, bob) = (identity(1), identity(2))
    let message = Array("hello".utf8)
    let signature = alice.sign(context: "one", message)
    #expect(signature.count == Identity.signatureLength)
    #expect(Identity.verify(id: alice.id, context: "one", message, signature: signature))
    #expect(!Identity.verify(id: bob.id, context: "one", message, signature: signature))
    #expect(!Identity.verify(id: alice.id, context: "two", message, signature: signature))
    #expect(!Identity.verify(id: alice.id, context: "one", message + [0], signature: signature))
    #expect(!Identity.verify(id: alice.id, context: "one", message, signature: Array(signature.dropLast())))
    for place in signature.indices {
      var changed = signature
      changed[place] ^= 1
      #expect(!Identity.verify(id: alice.id, context: "one", message, signature: changed))
    }
  }

  @Test("Moving bytes between context and message breaks the signature")
  func contextBoundary() {
    let alice = identity(1)
    let signature = alice.sign(context: "ab", Array("c".utf8))
    #expect(!Identity.verify(id: alice.id, context: "a", Array("bc".utf8), signature: signature))
    #expect(!Identity.verify(id: alice.id, context: "abc", [], signature: signature))
  }

  @Test("Derived secrets differ by node, purpose and instance, and come out the same again")
  func derived() {
    let alice = identity(1)
    let secrets = [
      alice.deriveSecret(purpose: "a", instance: "b"), alice.deriveSecret(purpose: "a", instance: "c"),
      alice.deriveSecret(purpose: "ab", instance: ""), alice.deriveSecret(purpose: "", instance: "ab"),
      identity(2).deriveSecret(purpose: "a", instance: "b"),
    ].map(\.copied)
    #expect(Set(secrets).count == secrets.count && secrets.allSatisfy { $0.count == 32 })
    #expect(alice.deriveSecret(purpose: "a", instance: "b").copied == secrets[0])
    #expect(!secrets.contains([UInt8](repeating: 1, count: 32)))
  }
}
