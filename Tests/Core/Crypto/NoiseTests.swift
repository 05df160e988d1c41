// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@Suite struct NoiseTests {
  private func pair(
    prologues: ([UInt8], [UInt8]) = ([1], [1]), seed: UInt64 = 1
  ) -> (initiator: NoiseXK, responder: NoiseXK) {
    let random = RandomBytes.seeded(seed)
    let (a, b) = (X25519KeyPair.generate(from: random), X25519KeyPair.generate(from: random))
    return (
      NoiseXK(initiator: prologues.0, localStatic: a, remoteStatic: b.publicKey, random: random),
      NoiseXK(responder: prologues.1, localStatic: b, random: random)
    )
  }

  @Test("Payloads of any size arrive and both ends come to the same keys", arguments: 0..<20 as Range<UInt64>)
  func payloads(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    var (initiator, responder) = pair(seed: seed)
    let payloads = (0..<3).map { _ in generator.bytes(Int(generator.next() % 3000)) }
    #expect(try responder.read(initiator.write(payload: payloads[0])) == payloads[0])
    #expect(try initiator.read(responder.write(payload: payloads[1])) == payloads[1])
    #expect(responder.remoteStatic == nil)
    #expect(try responder.read(initiator.write(payload: payloads[2])) == payloads[2])
    let (a, b) = (try initiator.split(), try responder.split())
    #expect(a.send.isEqual(to: b.receive) && a.receive.isEqual(to: b.send) && !a.send.isEqual(to: a.receive))
    #expect(a.handshakeHash == b.handshakeHash)
    #expect(initiator.isComplete && responder.isComplete)
  }

  @Test("Any changed bit of any message ends the handshake, for good")
  func changed() throws {
    for number in 0..<3 {
      let length = NoiseXK.overhead[number] + 2
      for bit in 0..<(length * 8) {
        // The top bit of an X25519 key is ignored in the agreement; the hash of the transcript still covers it.
        var (initiator, responder) = pair()
        for step in 0...number {
          let initiatorWrites = step % 2 == 0
          var message = try initiatorWrites ? initiator.write(payload: [7, 8]) : responder.write(payload: [7, 8])
          if step == number { message[bit / 8] ^= 1 << UInt8(bit % 8) }
          do throws(NoiseError) {
            _ = try initiatorWrites ? responder.read(message) : initiator.read(message)
            #expect(step < number)
          } catch {
            #expect(step == number && (error == .authentication || error == .lowOrderPoint))
            #expect(throws: NoiseError.failed) {
              try initiatorWrites ? responder.read(message) : initiator.read(message)
            }
            #expect(throws: NoiseError.failed) { try initiatorWrites ? responder.split() : initiator.split() }
            #expect(responder.remoteStatic == nil)
          }
        }
      }
    }
  }

  @Test("Another prologue or another responder's key makes message 1 fail")
  func mismatch() throws {
    var (initiator, responder) = pair(prologues: ([1, 2], [1, 3]))
    let message = try initiator.write(payload: [])
    #expect(throws: NoiseError.authentication) { try responder.read(message) }
    var stranger = NoiseXK(responder: [1, 2], localStatic: .generate())
    #expect(throws: NoiseError.authentication) { try stranger.read(message) }
  }

  @Test(
    "A low-order point is refused in both roles",
    arguments: [
      String(repeating: "00", count: 32), "01" + String(repeating: "00", count: 31),
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
  func lowOrder(point: String) throws {
    let message = hex(point) + [UInt8](repeating: 0, count: 16)
    var (initiator, responder) = pair()
    #expect(throws: NoiseError.lowOrderPoint) { try responder.read(message) }
    _ = try initiator.write(payload: [])
    #expect(throws: NoiseError.lowOrderPoint) { try initiator.read(message) }
    let bad = try #require(X25519PublicKey(hex(point)))
    #expect(throws: NoiseError.lowOrderPoint) {
      try NoiseX.seal([], prologue: [], from: .generate(), to: bad)
    }
    var toBad = NoiseXK(initiator: [], localStatic: .generate(), remoteStatic: bad)
    #expect(throws: NoiseError.lowOrderPoint) { try toBad.write(payload: []) }
  }

  @Test("Nobody can write, read or split out of turn, and trying does no harm")
  func turns() throws {
    var (initiator, responder) = pair()
    #expect(throws: NoiseError.wrongTurn) { try responder.write(payload: []) }
    #expect(throws: NoiseError.wrongTurn) { try initiator.read([1]) }
    #expect(throws: NoiseError.wrongTurn) { try initiator.split() }
    _ = try responder.read(initiator.write(payload: []))
    #expect(throws: NoiseError.wrongTurn) { try initiator.write(payload: []) }
    _ = try initiator.read(responder.write(payload: []))
    _ = try responder.read(initiator.write(payload: []))
    #expect(throws: NoiseError.wrongTurn) { try initiator.write(payload: []) }
    #expect(throws: NoiseError.wrongTurn) { try initiator.read([1]) }
    #expect(throws: Never.self) { try initiator.split() }
  }

  @Test("Messages shorter than their keys and tags, or longer than 65,535 bytes, are refused")
  func lengths() throws {
    for count in [0, 31, 47] {
      var (_, responder) = pair()
      #expect(throws: NoiseError.truncated) { try responder.read([UInt8](repeating: 9, count: count)) }
    }
    var (initiator, responder) = pair()
    #expect(throws: NoiseError.tooLong) { try responder.read([UInt8](repeating: 9, count: 65_536)) }
    #expect(throws: NoiseError.tooLong) { try initiator.write(payload: [UInt8](repeating: 0, count: 65_488)) }
    #expect(try initiator.write(payload: [UInt8](repeating: 0, count: 65_487)).count == 65_535)
    let keys = X25519KeyPair.generate()
    #expect(throws: NoiseError.tooLong) {
      try NoiseX.seal([UInt8](repeating: 0, count: 65_440), prologue: [], from: keys, to: keys.publicKey)
    }
    #expect(throws: NoiseError.truncated) {
      try NoiseX.open([UInt8](repeating: 9, count: 95), prologue: [], recipient: keys)
    }
  }

  /// Real handshakes have been built whose keys were functions of the transcript alone.
  @Test("Who has the whole transcript and both public keys does not have the keys")
  func observer() throws {
    var (initiator, responder) = pair(prologues: ([], []))
    let first = try initiator.write(payload: [])
    _ = try responder.read(first)
    let second = try responder.write(payload: [])
    _ = try initiator.read(second)
    let third = try initiator.write(payload: [])
    _ = try responder.read(third)
    let keys = try initiator.split()
    let fixed = [try #require(responder.remoteStatic), try #require(initiator.remoteStatic)].map(\.bytes)
    let ephemeral = [Array(first.prefix(32)), Array(second.prefix(32))]
    let name = Array(NoiseXK.protocolName.utf8)
    let public_ = [keys.handshakeHash, name, first, second, third, first + second + third, []] + fixed + ephemeral
    let secrets = [keys.send.copied, keys.receive.copied]
    for salt in public_ {
      for input in public_ {
        for info in [[], name, keys.handshakeHash] {
          let guess = salt.withUnsafeBytes { salt in
            input.withUnsafeBytes { input in
              info.withUnsafeBytes { HKDF.derive(salt: salt, input: input, info: $0, count: 64).copied }
            }
          }
          #expect(!secrets.contains(Array(guess.prefix(32))) && !secrets.contains(Array(guess.suffix(32))))
        }
      }
      #expect(!secrets.contains(SHA256.hash(salt)))
    }
    for secret in secrets {
      #expect(!(first + second + third).indices.contains { (first + second + third)[$0...].starts(with: secret) })
    }
  }

  @Test("The keys depend on each of the four secrets, the hash of what was seen only on public parts")
  func dependence() throws {
    func run(_ si: UInt8, _ sr: UInt8, _ ei: UInt8, _ er: UInt8) throws -> [UInt8] {
      let secret = { (value: UInt8) in X25519KeyPair(secret: SecretBytes([UInt8](repeating: value, count: 32)))! }
      let random = { (value: UInt8) in RandomBytes.fixed([UInt8](repeating: value, count: 32)) }
      var initiator = NoiseXK(
        initiator: [], localStatic: secret(si), remoteStatic: secret(sr).publicKey, random: random(ei))
      var responder = NoiseXK(responder: [], localStatic: secret(sr), random: random(er))
      _ = try responder.read(initiator.write(payload: []))
      _ = try initiator.read(responder.write(payload: []))
      _ = try responder.read(initiator.write(payload: []))
      return try initiator.split().send.copied
    }
    let keys = [
      try run(1, 2, 3, 4), try run(9, 2, 3, 4), try run(1, 9, 3, 4), try run(1, 2, 9, 4), try run(1, 2, 3, 9),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(try run(1, 2, 3, 4) == keys[0])
  }

  @Test("What is made ahead gives the same messages and keys, and an opening for another key is left alone")
  func madeAhead() throws {
    let random = { (value: UInt8) in RandomBytes.fixed([UInt8](repeating: value, count: 32)) }
    let (a, b, c) = (X25519KeyPair.generate(), X25519KeyPair.generate(), X25519KeyPair.generate())
    func run(_ opening: NoiseXKOpening?, _ ephemeral: X25519KeyPair?) throws -> [[UInt8]] {
      var initiator = NoiseXK(
        initiator: [1], localStatic: a, remoteStatic: b.publicKey, opening: opening, random: random(3))
      var responder = NoiseXK(responder: [1], localStatic: b, ephemeral: ephemeral, random: random(4))
      let first = try initiator.write(payload: [7])
      #expect(try responder.read(first) == [7])
      let second = try responder.write(payload: [8])
      #expect(try initiator.read(second) == [8])
      let third = try initiator.write(payload: [9])
      #expect(try responder.read(third) == [9])
      let keys = (try initiator.split(), try responder.split())
      #expect(keys.0.send.isEqual(to: keys.1.receive) && keys.0.receive.isEqual(to: keys.1.send))
      return [first, second, third, keys.0.send.copied]
    }
    let plain = try run(nil, nil)
    let opening = NoiseXKOpening(to: b.publicKey, random: random(3))
    #expect(try opening != nil && run(opening, X25519KeyPair.generate(from: random(4))) == plain)
    #expect(try run(NoiseXKOpening(to: c.publicKey, random: random(5)), nil) == plain)
    let other = try run(NoiseXKOpening(to: b.publicKey, random: random(6)), X25519KeyPair.generate(from: random(7)))
    #expect(zip(other, plain).allSatisfy { $0 != $1 })
    #expect(X25519PublicKey([UInt8](repeating: 0, count: 32)).flatMap { NoiseXKOpening(to: $0) } == nil)
  }

  @Test("A sealed envelope opens only unchanged, with its prologue, for its recipient")
  func envelope() throws {
    let (sender, recipient) = (X25519KeyPair.generate(), X25519KeyPair.generate())
    let message = try NoiseX.seal([1, 2, 3], prologue: [5], from: sender, to: recipient.publicKey)
    #expect(message.count == NoiseX.overhead + 3)
    #expect(try NoiseX.open(message, prologue: [5], recipient: recipient).sender == sender.publicKey)
    #expect(throws: NoiseError.authentication) { try NoiseX.open(message, prologue: [6], recipient: recipient) }
    #expect(throws: NoiseError.authentication) { try NoiseX.open(message, prologue: [5], recipient: sender) }
    for bit in 0..<(message.count * 8) {
      var changed = message
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: NoiseError.authentication) { try NoiseX.open(changed, prologue: [5], recipient: recipient) }
    }
  }

  @Test("Transport messages open in order only")
  func transport() throws {
    let key = SecretBytes([UInt8](repeating: 3, count: 32))
    var sender = NoiseTransportCipher(key)
    let messages = try (0..<3).map { try sender.seal([UInt8](repeating: UInt8($0), count: $0)) }
    var receiver = NoiseTransportCipher(key)
    #expect(try receiver.open(messages[0]) == [])
    #expect(throws: NoiseError.authentication) { try receiver.open(messages[2]) }
    #expect(try receiver.open(messages[1]) == [1])
    #expect(throws: NoiseError.truncated) { try receiver.open([1, 2]) }
    #expect(throws: NoiseError.tooLong) { try sender.seal([UInt8](repeating: 0, count: 65_520)) }
  }
}
