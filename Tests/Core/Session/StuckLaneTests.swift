// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshSession

/// A lane that the other end does not read, on a link that is well otherwise.
@Suite("A stuck lane") struct StuckLaneTests {
  private static let kind = LinkCharacteristics(reliable: true, ordered: true, mtu: 1400, lanes: 6)

  /// Time passes, and `a` may say something on another lane all the time.
  private func run(_ pair: Pair, seconds: UInt64, talking: Bool) {
    for _ in 0..<(seconds * 20) {
      if talking {
        pair.a.frames(pair.b).trafficClass = .interactive
        pair.a.send(1, to: pair.b)
      }
      pair.run(50 * Pair.millisecond)
    }
  }

  /// What `a` says on the bulk lane of the last link arrives nowhere.
  private func stuck(secondLink: Bool = false) -> Pair {
    let pair = DataTests.established(Self.kind)
    if secondLink {
      pair.connect(2, Self.kind)
      pair.run(Pair.second)
    }
    pair.filter = { fromA, link, bytes in
      let isBulk = bytes[0] & 0x3f == PacketHeader.Kind.data.rawValue && bytes[4] & 7 == TrafficClass.bulk.rawValue
      return fromA && link == (secondLink ? 2 : 1) && isBulk ? nil : bytes
    }
    pair.a.frames(pair.b).trafficClass = .bulk
    pair.a.send(5, to: pair.b)
    pair.run(20 * Pair.millisecond)
    return pair
  }

  @Test("leaves its link alone while other lanes make progress") func others() {
    let pair = stuck()
    run(pair, seconds: 12, talking: true)
    #expect(pair.a.suspected.isEmpty)
    #expect(pair.b.frames(pair.a).received.count >= 239)
  }

  @Test("does not keep what it carries from another link for ever") func inTheEnd() {
    let pair = stuck(secondLink: true)
    run(pair, seconds: 12, talking: true)
    #expect(pair.a.suspected.isEmpty)
    #expect(Set(pair.b.frames(pair.a).received).isDisjoint(with: 0..<5))
    run(pair, seconds: 6, talking: true)
    #expect(pair.a.suspected == [2])
    #expect(Set(pair.b.frames(pair.a).received).isSuperset(of: 0..<5))
  }

  @Test("is a silent link where nothing else is said") func alone() {
    let pair = stuck()
    run(pair, seconds: 1, talking: false)
    #expect(pair.a.suspected.first == 1)
  }
}
