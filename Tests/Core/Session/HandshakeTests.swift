// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@testable import MeshSession

@Suite struct HandshakeTests {
  static let kinds = [Pair.ordered, Pair.datagram]

  @Test("Both sides confirm, and the dialler sends no data before it was confirmed", arguments: kinds)
  func confirmation(kind: LinkCharacteristics) throws {
    let pair = Pair()
    var dataBeforeConfirmation = 0
    pair.filter = { [unowned pair] fromA, _, bytes in
      if fromA, bytes[0] & 0x3f == 4, pair.a.confirmed.isEmpty { dataBeforeConfirmation += 1 }
      return bytes
    }
    pair.connect(1, kind)
    _ = pair.a.endpoint.session(with: pair.b.id, now: pair.now)
    pair.a.send(5, to: pair.b)
    pair.run(Pair.second)
    #expect(pair.a.confirmed == [1] && pair.b.confirmed == [1])
    #expect(dataBeforeConfirmation == 0)
    #expect(pair.b.frames(pair.a).received == [0, 1, 2, 3, 4])
  }

  @Test("The confirmation being lost on a datagram link only delays")
  func lostConfirmation() {
    let pair = Pair()
    var dropped = 0
    pair.filter = { fromA, _, bytes in
      if !fromA, bytes[0] & 0x3f == 4, dropped < 3 {
        dropped += 1
        return nil
      }
      return bytes
    }
    pair.connect(1, Pair.datagram)
    pair.run(4 * Pair.second)
    #expect(dropped == 3)
    #expect(pair.a.confirmed == [1])
  }

  @Test("Another name, channel binding or the lack of one lets no handshake finish", arguments: kinds)
  func wrongBinding(kind: LinkCharacteristics) {
    for (ours, theirs) in [([1, 2], [1, 3]), ([], [1]), ([1], [])] as [([UInt8], [UInt8])] {
      let pair = Pair()
      pair.connect(1, kind, binding: ours, answeringBinding: theirs)
      pair.run(6 * Pair.second)
      #expect(pair.a.confirmed.isEmpty && pair.b.confirmed.isEmpty)
      #expect(pair.b.failures.map(\.link) == [1])
    }
    let pair = Pair()
    pair.connect(1, kind, to: Identity.generate(from: .seeded(9)).id)
    pair.run(6 * Pair.second)
    #expect(pair.a.confirmed.isEmpty && pair.b.confirmed.isEmpty)
  }

  @Test(
    "A message that was changed at any byte, cut or lengthened is not accepted on an ordered link", arguments: 0..<3)
  func damage(message: Int) {
    func attempt(_ change: @escaping ([UInt8]) -> [UInt8]) -> (finished: Bool, length: Int) {
      let pair = Pair()
      var length = 0
      pair.filter = { _, _, bytes in
        guard bytes[0] == UInt8(message + 1) else { return bytes }
        length = bytes.count
        return change(bytes)
      }
      pair.connect()
      pair.run(Pair.second)
      return (!pair.a.confirmed.isEmpty, length)
    }
    let good = attempt { $0 }
    #expect(good.finished)
    // mac2 means nothing while no cookie was asked for.
    let end = message == 0 ? good.length - 16 : good.length
    for place in 0..<end {
      #expect(
        !attempt { bytes in
          var changed = bytes
          changed[place] ^= 1
          return changed
        }.finished, "byte \(place)")
    }
    for length in [0, 1, 4, 5, 6, good.length / 2, good.length - 1] {
      #expect(!attempt { Array($0.prefix(length)) }.finished, "cut to \(length)")
    }
    #expect(!attempt { $0 + [0] }.finished)
    #expect(!attempt { $0 + [UInt8](repeating: 0, count: 70_000) }.finished)
  }

  @Test("Damaged handshake datagrams are made up for by repetition", arguments: 1...3)
  func damagedDatagram(message: UInt8) {
    let pair = Pair()
    var damaged = 0
    pair.filter = { _, _, bytes in
      guard bytes[0] == message, damaged == 0 else { return bytes }
      damaged += 1
      var changed = bytes
      changed[20] ^= 1
      return changed
    }
    pair.connect(1, Pair.datagram)
    pair.run(4 * Pair.second)
    #expect(damaged == 1)
    #expect(pair.a.confirmed == [1])
  }

  @Test("No cipher in common ends the handshake")
  func noCommonCipher() {
    var ours = SessionOptions()
    ours.ciphers = [.chaCha20Poly1305]
    var theirs = SessionOptions()
    theirs.ciphers = [.aes256GCM]
    let pair = Pair(options: ours, answering: theirs)
    pair.connect()
    pair.run(Pair.second)
    #expect(pair.b.failures.map(\.error) == [.versionMismatch])
    #expect(pair.a.confirmed.isEmpty)
  }

  @Test("A refused peer learns that it was refused", arguments: kinds)
  func refusal(kind: LinkCharacteristics) {
    let pair = Pair()
    pair.b.answer = .stranger
    pair.connect(1, kind)
    pair.run(500 * Pair.millisecond)
    #expect(pair.a.failures.map(\.error) == [.refusedByPeer])
    #expect(pair.b.confirmed.isEmpty)
  }

  @Test("A peer that finds no room learns that, and not that it was refused", arguments: kinds)
  func full(kind: LinkCharacteristics) {
    let pair = Pair()
    pair.b.answer = .full
    pair.connect(1, kind)
    pair.run(3 * Pair.second)
    #expect(pair.a.failures.map(\.error) == [.peerFull])
    #expect(pair.b.failures.map(\.error) == [.limit])
  }

  @Test("Who has not proved a name hears nothing of the access list")
  func silentRefusal() {
    let pair = Pair()
    pair.b.answer = .stranger
    var sealed = 0
    pair.filter = { fromA, _, bytes in
      if !fromA, bytes[0] & 0x3f == 4 { sealed += 1 }
      if fromA, bytes[0] == 3 { return Array(bytes.dropLast()) + [bytes[bytes.count - 1] ^ 1] }
      return bytes
    }
    pair.connect()
    pair.run(Pair.second)
    #expect(sealed == 0)
  }

  @Test("A wrong version injected into an established datagram link does not close it")
  func injectedVersion() {
    let pair = Pair()
    pair.connect(1, Pair.datagram)
    pair.run(Pair.second)
    let stranger = Node(seed: 7)
    var noiseKeys = NoiseKeys()
    var handshake = try? LinkHandshake(
      initiating: pair.b.id, identity: stranger.identity, keys: &noiseKeys, binding: [], receiverBase: 8,
      random: .seeded(8), now: 0)
    let keys = NetworkKeys(own: stranger.id, random: .seeded(9))
    var message = (try? handshake?.message1(ciphers: AEADAlgorithm.preferred, network: keys)) ?? []
    message[1] = 9
    let body = Array(message.dropLast(32))
    message = body + keys.mac1(of: body, responder: pair.b.id) + [UInt8](repeating: 0, count: 16)
    pair.b.receive(message, on: 1, now: pair.now)
    #expect(pair.b.failures.isEmpty)
  }

  @Test("Messages out of their order do nothing on datagram links and answer nothing without bound")
  func order() {
    let pair = Pair()
    pair.filter = { fromA, _, bytes in !fromA && bytes[0] & 0x3f == 4 ? nil : bytes }
    pair.connect(1, Pair.datagram)
    pair.run(100 * Pair.millisecond)
    for kind: UInt8 in [2, 3, 4, 5, 6] {
      for length in [1, 5, 6, 13, 17, 29, 100] {
        for _ in 0..<50 { pair.a.receive([kind] + [UInt8](repeating: 0, count: length - 1), on: 1, now: pair.now) }
      }
    }
    #expect((pair.a.endpoint.links[1]?.outbox.count ?? 0) <= 4)
    pair.filter = { $2 }
    pair.run(4 * Pair.second)
    #expect(pair.a.confirmed == [1])
  }

  @Test("Half-open handshakes are limited by source and in all, and make room after their time")
  func halfOpen() {
    var options = SessionOptions()
    options.halfOpenPerSource = 3
    options.halfOpenLimit = 5
    let node = Node(seed: 1, options: options)
    for link in 0..<4 {
      node.endpoint.linkUp(UInt64(link), dialled: nil, characteristics: Pair.datagram, binding: [], source: 1, now: 0)
    }
    #expect(node.failures.map(\.error) == [.limit])
    for link in 4..<8 {
      node.endpoint.linkUp(
        UInt64(link), dialled: nil, characteristics: Pair.datagram, binding: [], source: UInt64(link), now: 0)
    }
    #expect(node.failures.count == 3)
    node.endpoint.advance(now: 5 * Pair.second)
    #expect(node.endpoint.halfOpen == 0)
    #expect(node.endpoint.halfOpenBySource.isEmpty)
    node.endpoint.linkUp(9, dialled: nil, characteristics: Pair.datagram, binding: [], source: 1, now: 5 * Pair.second)
    #expect(node.endpoint.link(9) != nil)
  }

  @Test("A half-open place is not held longer by ever new first messages")
  func halfOpenRenewed() {
    let pair = Pair()
    pair.b.endpoint.linkUp(1, dialled: nil, characteristics: Pair.datagram, binding: [], now: pair.now)
    for round in 0..<8 {
      let dialler = Node(seed: UInt64(20 + round))
      dialler.endpoint.linkUp(1, dialled: pair.b.id, characteristics: Pair.datagram, binding: [], now: pair.now)
      for packet in dialler.takePackets(now: pair.now) { pair.b.receive(packet.bytes, on: 1, now: pair.now) }
      pair.run(Pair.second)
    }
    #expect(pair.b.endpoint.halfOpen == 0)
  }

  @Test("Under load a datagram link is asked for a cookie and gets through with it")
  func cookie() {
    var options = SessionOptions()
    options.cookieThreshold = 0
    let pair = Pair(options: options)
    pair.connect(1, Pair.datagram, source: 77)
    pair.run(2 * Pair.second)
    #expect(pair.b.endpoint.counters.cookiesSent == 1)
    #expect(pair.a.confirmed == [1] && pair.b.confirmed == [1])
  }
}
