// SPDX-License-Identifier: Apache-2.0
import MeshWire
import Testing

@testable import MeshSession

@Suite struct OpenLanesTests {
  private func lanes(of bytes: [(Bool, [UInt8])], fromA: Bool) -> Set<UInt8> {
    Set(bytes.filter { $0.0 == fromA && $0.1[0] & 0x3f == 4 }.map { $0.1[4] & 7 })
  }

  @Test func aClassUsesLaneZeroUntilItsOwnIsOpenAndItsOwnFromThenOn() {
    let kind = LinkCharacteristics(reliable: true, ordered: true, mtu: 1400, lanes: 6, openLanes: [])
    let pair = DataTests.established(kind)
    var carried: [(Bool, [UInt8])] = []
    pair.filter = { fromA, _, bytes in
      carried.append((fromA, bytes))
      return bytes
    }
    let frames = pair.a.frames(pair.b)
    frames.trafficClass = .bulk
    pair.a.send(20, to: pair.b)
    pair.run(Pair.second)
    #expect(lanes(of: carried, fromA: true) == [0] && lanes(of: carried, fromA: false) == [0])
    pair.a.endpoint.laneOpened(4, of: 1)
    carried.removeAll()
    pair.a.send(20, to: pair.b)
    pair.run(Pair.second)
    // The other end was not told of the lane; it takes what comes there.
    #expect(lanes(of: carried, fromA: true).contains(4) && lanes(of: carried, fromA: false) == [0])
    frames.trafficClass = .interactive
    carried.removeAll()
    pair.a.send(20, to: pair.b)
    pair.run(Pair.second)
    #expect(lanes(of: carried, fromA: true) == [0])
    #expect(Set(pair.b.frames(pair.a).received).count == 60)
    #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
  }

  @Test func whatOpensBeyondTheLinksLanesIsIgnored() {
    let pair = DataTests.established(Pair.ordered)
    pair.a.endpoint.laneOpened(4, of: 1)
    pair.a.endpoint.laneOpened(4, of: 99)
    pair.a.frames(pair.b).trafficClass = .bulk
    pair.a.send(20, to: pair.b)
    pair.run(Pair.second)
    #expect(Set(pair.b.frames(pair.a).received).count == 20)
  }

  @Test func aLaneWithoutCreditIsPassedOver() {
    let kind = LinkCharacteristics(reliable: true, ordered: true, mtu: 1400, lanes: 6)
    let pair = DataTests.established(kind)
    pair.a.frames(pair.b).trafficClass = .bulk
    pair.a.send(20, to: pair.b)
    guard let link = pair.a.endpoint.link(1) else { return #expect(Bool(false)) }
    var space = [UInt8](repeating: 0, count: 1500)
    func next(_ lanes: LaneSet) -> OutgoingPacket {
      space.withUnsafeMutableBytes { pair.a.endpoint.nextPacket(on: link, into: $0, lanes: lanes, now: pair.now) }
    }
    #expect(next(LaneSet.all.subtracting(LaneSet(lane: 4))).length == 0)
    let packet = next(.all)
    #expect(packet.length > 0 && packet.lane == 4)
  }
}
