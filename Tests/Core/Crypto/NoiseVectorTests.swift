// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import Testing

@Suite struct NoiseVectorTests {
  struct Vector: Sendable {
    let prologue: String
    let initiator: (fixed: String, ephemeral: String)
    let responder: (fixed: String, ephemeral: String)
    let messages: [(payload: String, ciphertext: String)]
    var handshakeHash = ""
    var keys = ("", "")
  }

  static let vectors = [
    // Own, cross-checked with the Python package noiseprotocol.
    Vector(
      prologue: "626574616e65742f6874782f312e322e30",
      initiator: (String(repeating: "01", count: 32), String(repeating: "03", count: 32)),
      responder: (String(repeating: "02", count: 32), String(repeating: "04", count: 32)),
      messages: [
        ("", "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef223bcc8adac4864c62682660c14dadd75a"),
        ("", "ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b4b3e938e4757e65edcc4cc498a4ff772"),
        (
          "",
          """
          0fb9555d61c54baa26e90407f0728f4fda71d042e7e2060a6e3f963cdbca9f12
          589f5dd312a49eed1b959e5ca7b64a3e5afe49e87a484631ecbe6dd7306dff79
          """
        ),
      ], handshakeHash: "ab915f57e12500202e5325fd3312098491d6d1f7369b4532e2f080a8c8b6f157",
      keys: (
        "25d6a15976b1023f194bec0c4c5fdbb7a3d8c9d9f75cbc2a11284e4b7408a568",
        "d1adfc5db13e5f85887617324cc08e31a858c78b5bb22771eef1dd593348f77e"
      )),
    // The cacophony vectors, as the repository mcginty/snow carries them (tests/vectors/cacophony.txt).
    Vector(
      prologue: "4a6f686e2047616c74",
      initiator: (
        "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"
      ),
      responder: (
        "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
        "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"
      ),
      messages: [
        (
          "4c756477696720766f6e204d69736573",
          """
          ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944
          a3785af283c991bab613473804356ef6931f83acf64f99c274b93570857cfc5e
          """
        ),
        (
          "4d757272617920526f746862617264",
          """
          95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843
          3a4534805fa9fe4eb8343ace6609160c767ad9b832e8eea1d9b7a2111818dd
          """
        ),
        (
          "462e20412e20486179656b",
          """
          5d8e67b9c1b8e36f5dc674bc5cd2ce243fb5d1710fa57de0370da7cc97901539
          8eaad94603b05498ba9a613d2fd923dcaa6fd4288dfd8d70f419bf737efb4cd37f5da37ebb728849318c82
          """
        ),
        ("4361726c204d656e676572", "3205e1265f809505e6edc092839d3156745d2abafbfd946b261e41"),
        ("4a65616e2d426170746973746520536179", "470bcb1ae099555ff0d729500df550418d6ee5149d9e40bd2f4c6b3d263cc818d5"),
        (
          "457567656e2042f6686d20766f6e2042617765726b",
          "d7187ed9d217ba6e91cf596e4871012ccedf7b5bed0d4cb8f7affb020fa17a95a23371e0f6"
        ),
      ], handshakeHash: "cefffc5d1074126cc980ebfe902587ff36ba61dc77d4447ebe0f96dc22ae59d7"),
    // The vectors of the repository mcginty/snow (tests/vectors/snow.txt).
    Vector(
      prologue: """
        5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c792066756e20616e6420626f72696e672e
        """,
      initiator: (
        "d79245fc228517d26ab3026f901e6de5e87029f62f5337bb7aeaf290630663c5",
        "821a1cfc35eafdfd7ceec182cea0b46a8b41715f8b1a6c3255da349a4205a912"
      ),
      responder: (
        "41f32f158d5bde75b0814850d79885e717c1858b34ae1787911dabb846dfb28a",
        "d3d600d3d556e1819de798950067a5b9f07977aa4dfc7ccea983bccc4f92ed5d"
      ),
      messages: [
        (
          "5ff166c364c401f5cccefe5dbef2399eb35af4f77373ac26e98cc2178b3d4f05",
          """
          e72ac10bdc197cc923051ac8ce5e8f952873928d4c0be6bc3e1ce2c44a5d8948fcff0ce5c4eb228940fa1f01db75144a
          cf89e5f5fe3f456ebb2439d1c59e430840751ef5f93567d268d5399b78c56137
          """
        ),
        (
          "44d9a8b2dfc5e4db9109c08e7345ad331bc74d16d5580a0ccab5695a0d4ea406",
          """
          573253370220f0dcfae0ff8f800d885f67aaa0aabf13191e4b17241b0a50ba1721b33d6f53bb9147724bb5f9b80347d4
          151c68de9ecd62170433df78eb5e3dee843ced53014a2922d7f7c7a447ddc347
          """
        ),
        (
          "82e4f70bd164c183c4d116f4d18e92c1e8c57257dcc5414b10e1df7ba66490dc",
          """
          7aee57bc9c27b1489388b1b114335b1c777a242dd3f199d0a44cf3588910371cfefaced10536e91859a496caeb78f52e
          63d3703766c33e05bbd94c985421e1d1461d769fd6b9f333b32ca30cb17ee09ac7af9b7499a5a8d0a3e19aff0e1dd055
          """
        ),
        (
          "534f98102268d35aed2ad42b7929840845b67f3d1e27fa05b9365675cdf9ecf3",
          "c837eb9eba146171756bdc87f554052496e2ccc7c8e7a224d49a53302240134c9925c8919662f162f8e086dc93694eb1"
        ),
        (
          "7cdebd667263c56a74ed30fcc0783f4ee90b17cc4e8c4c31e47f81484211caf1",
          "553d810ba41db883b8f990b088f834eecf960c66dc63c65eefef0a51e5661289069ce103e5c9b742ae33806d383eb2a1"
        ),
      ]),
  ]

  @Test("Noise XK gives the known messages, hashes, keys and transport messages", arguments: vectors.indices)
  func knownAnswers(index: Int) throws {
    let vector = Self.vectors[index]
    let responderStatic = X25519KeyPair.fixed(vector.responder.fixed)
    var initiator = NoiseXK(
      initiator: hex(vector.prologue), localStatic: .fixed(vector.initiator.fixed),
      remoteStatic: responderStatic.publicKey, random: .fixed(hex(vector.initiator.ephemeral)))
    var responder = NoiseXK(
      responder: hex(vector.prologue), localStatic: responderStatic, random: .fixed(hex(vector.responder.ephemeral)))
    for (number, (payload, ciphertext)) in vector.messages.prefix(3).enumerated() {
      let message: [UInt8]
      let received: [UInt8]
      if number == 1 {
        message = try responder.write(payload: hex(payload))
        received = try initiator.read(message)
      } else {
        message = try initiator.write(payload: hex(payload))
        received = try responder.read(message)
      }
      #expect(message == hex(ciphertext))
      #expect(received == hex(payload))
    }
    #expect(responder.remoteStatic == X25519KeyPair.fixed(vector.initiator.fixed).publicKey)
    let (a, b) = (try initiator.split(), try responder.split())
    #expect(a.handshakeHash == b.handshakeHash)
    #expect(a.send.isEqual(to: b.receive) && a.receive.isEqual(to: b.send))
    if !vector.handshakeHash.isEmpty { #expect(a.handshakeHash == hex(vector.handshakeHash)) }
    if !vector.keys.0.isEmpty { #expect((a.send.copied, a.receive.copied) == (hex(vector.keys.0), hex(vector.keys.1))) }
    var transport = (NoiseTransportCipher(a.send), NoiseTransportCipher(b.send))
    for (number, (payload, ciphertext)) in vector.messages.dropFirst(3).enumerated() {
      // After message 3 the responder is the one to speak.
      let sealed = number % 2 == 0 ? try transport.1.seal(hex(payload)) : try transport.0.seal(hex(payload))
      #expect(sealed == hex(ciphertext))
    }
  }

  @Test(
    "Noise X gives the known messages",
    arguments: [
      (
        "4a6f686e2047616c74", "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893", "4c756477696720766f6e204d69736573",
        """
        ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79446c15957a594079a5bdeae05d01e089fb
        b7cc6ea2ecfd209b941f73c9235213bc875f7283e9e17ebdac8112627915b455fdc3aaa6de60cb3c98302f370fdb03ea
        850b9b0cf22fec13e4dc0707245c8721
        """
      ),
      (
        """
        5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c792066756e20616e6420626f72696e672e
        """,
        "a86077a7e90ed6f510f46d3aae9c522a11452ee7fae7f1a31f5063f07fa71ea5",
        "ba1adcceefcc42688a32385f15d8d21d872ffca56121e9e457be7d54143ca7ea",
        "f215818f70d5163ebc2b44501fbbd9c326eb75e277d2c43450465590a6c1a372",
        "42a8ec6059c4db88532da153e56c69e06c031e4ad09f7c94835272f415253ef0",
        """
        0a191bc7600105e5d87a8942ae85ef4e56e00e41f02c56ffddf03f8c4faf38619bacc88d5e258b80654ffedd53e81d24
        a0d442e8b70d6ded0f45913dc53949b945b4464f7f325d7b66e6609b7dea79cd5b379b135daeeb4e9e95e97ddc507330
        bbadab51fb70714fe3d7a4c19c6366ecc0838ec96183a3121a662b34e6b061d6
        """
      ),
    ])
  func oneWay(
    prologue: String, sender: String, ephemeral: String, recipient: String, payload: String, expected: String
  ) throws {
    let (from, to) = (X25519KeyPair.fixed(sender), X25519KeyPair.fixed(recipient))
    let message = try NoiseX.seal(
      hex(payload), prologue: hex(prologue), from: from, to: to.publicKey, random: .fixed(hex(ephemeral)))
    #expect(message == hex(expected))
    let opened = try NoiseX.open(message, prologue: hex(prologue), recipient: to)
    #expect(opened.payload == hex(payload) && opened.sender == from.publicKey)
  }
}
