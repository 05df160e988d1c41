// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@testable import MeshSession

@Suite("Key phases on several lanes") struct KeyPhaseTests {
  @Test("A slow ordered lane is waited for: no packet arrives two phases late, and the keys still change")
  func slowLane() {
    var options = SessionOptions()
    options.rekeyPackets = 8
    options.suspectAfter = 60 * Pair.second
    let pair = DataTests.established(LinkCharacteristics(reliable: true, ordered: true, mtu: 1400, lanes: 8), options)
    let frames = pair.a.frames(pair.b)
    var slow: [(link: UInt64, bytes: [UInt8])] = []
    pair.filter = { fromA, link, bytes in
      guard fromA, bytes[0] & 0x3f == 4, bytes[4] & 7 == 4 else { return bytes }
      slow.append((link, bytes))
      return nil
    }
    var rekeys: [UInt64] = []
    for _ in 0..<6 {
      frames.trafficClass = .bulk
      pair.a.send(1, to: pair.b)
      pair.run(100 * Pair.millisecond)
      frames.trafficClass = .realtime
      for _ in 0..<6 {
        pair.a.send(16, to: pair.b)
        pair.run(100 * Pair.millisecond)
      }
      for packet in slow { pair.b.receive(packet.bytes, on: packet.link, now: pair.now) }
      slow.removeAll()
      pair.run(100 * Pair.millisecond)
      rekeys.append(pair.a.endpoint.link(1)?.rekeys ?? 0)
    }
    #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
    #expect(Set(pair.b.frames(pair.a).received).count == 6 * 97)
    #expect(rekeys == rekeys.sorted() && Set(rekeys).count == 6)
  }

  @Test("A side that only acknowledges takes fresh keys as well", arguments: HandshakeTests.kinds)
  func receiverOnly(kind: LinkCharacteristics) {
    var options = SessionOptions()
    options.rekeyPackets = 8
    options.acknowledgementPackets = 1
    let pair = DataTests.established(kind, options)
    var phases: Set<UInt8> = []
    for _ in 0..<40 {
      pair.a.send(4, to: pair.b)
      pair.run(100 * Pair.millisecond)
      if let association = pair.b.endpoint.link(1)?.current { phases.insert(association.cipher.sendPhase) }
    }
    #expect(Set(pair.b.frames(pair.a).received).count == 160)
    #expect(phases == [0, 1, 2, 3])
    #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
  }
}
