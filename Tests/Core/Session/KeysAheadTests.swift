// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import TestSupport
import Testing

@testable import MeshSession

@Suite struct KeysAheadTests {
  private let random = RandomBytes.seeded(5)

  private func peers(_ count: Int) -> [NodeID] { (0..<count).map { Identity.generate(from: .seeded(UInt64($0))).id } }

  @Test func eachKeyIsForOneHandshakeAndNotForLong() {
    var ahead = KeysAhead()
    var keys = NoiseKeys()
    let peers = peers(2)
    ahead.makeOpening(to: peers[0], keys: &keys, random: random, now: 1)
    #expect(ahead.takeOpening(to: peers[1], now: 2) == nil)
    #expect(ahead.takeOpening(to: peers[0], now: 2) != nil && ahead.takeOpening(to: peers[0], now: 2) == nil)
    ahead.makeOpening(to: peers[0], keys: &keys, random: random, now: 3)
    #expect(ahead.takeOpening(to: peers[0], now: 3 + KeysAhead.lifetime) == nil)
    ahead.makeAnswer(random: random, now: 4)
    ahead.makeAnswer(random: random, now: 5)
    #expect(ahead.takeAnswer(now: 6) != nil && ahead.takeAnswer(now: 6) == nil)
    ahead.makeAnswer(random: random, now: 7)
    #expect(ahead.takeAnswer(now: 7 + KeysAhead.lifetime) == nil)
  }

  @Test func fewDialsArePreparedAndOldOnesMakeRoom() {
    var ahead = KeysAhead()
    var keys = NoiseKeys()
    let peers = peers(KeysAhead.limit + 1)
    for peer in peers { ahead.makeOpening(to: peer, keys: &keys, random: random, now: 1) }
    #expect(ahead.takeOpening(to: peers[KeysAhead.limit], now: 2) == nil)
    ahead.makeOpening(to: peers[KeysAhead.limit], keys: &keys, random: random, now: 1 + KeysAhead.lifetime)
    #expect(ahead.takeOpening(to: peers[KeysAhead.limit], now: 2 + KeysAhead.lifetime) != nil)
  }

  /// The first 32 bytes of Noise's messages 1 and 2 are ephemeral keys.
  @Test func linksThatComeUpTogetherShareNoKey() {
    let pair = Pair()
    var seen: [[UInt8]] = []
    pair.filter = { _, _, bytes in
      if bytes[0] == 1 { seen.append(Array(bytes[4..<36])) }
      if bytes[0] == 2 { seen.append(Array(bytes[5..<37])) }
      return bytes
    }
    for link in 1...4 as ClosedRange<UInt64> {
      if link % 2 == 0 { pair.a.endpoint.prepareHandshake(with: pair.b.id, now: pair.now) }
      pair.connect(link)
    }
    pair.run(Pair.second)
    #expect(seen.count == 8 && Set(seen).count == 8)
    #expect(pair.a.confirmed.count == 4 && pair.b.confirmed.count == 4)
  }
}
