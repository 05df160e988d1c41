// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Testing

@testable import BundleRouting

/// What neighbours say takes a bounded room.
@Suite struct RoutingBoundsTests {
  private func id(_ number: UInt64, nameOf length: Int = 1000) -> BundleID {
    let name = "//" + String(repeating: "n", count: length) + "\(number)/"
    return BundleID(source: .dtn(name), timestamp: CreationTimestamp(time: 7, sequence: number))
  }

  @Test func longNamesOfWhatHasArrivedMakeTheOldestGo() {
    var set = DeliveredSet(limit: 1000, names: 10_000)
    for number in 0..<100 as Range<UInt64> { set.insert(id(number), deadline: 1000, now: 0) }
    #expect(set.count == 9)
    #expect(set.contains(id(99)))
    #expect(!set.contains(id(90)))
    for number in 100..<200 as Range<UInt64> { set.insert(id(number, nameOf: 1), deadline: 1000, now: 0) }
    #expect(set.contains(id(199, nameOf: 1)))
    #expect(set.count > 100, "short ones have room again")
  }

  @Test func aNeighbourWithABundleOfAnyNameTakesEightBytesHere() {
    var known = KnownBundles()
    for number in 0..<1000 as Range<UInt64> { known.insert(id(number)) }
    #expect(known.count == 1000)
    #expect((0..<1000).allSatisfy { known.contains(id($0)) })
    #expect(!(1000..<2000).contains { known.contains(id($0)) })
  }

  @Test func arrivalsDoNotPileUpForANeighbourThatTakesNothing() {
    let routing = ReplicationRouting(.epidemic)
    routing.connected(.dtn("//deaf/"), now: 0)
    for number in 0..<1000 as Range<UInt64> {
      routing.neighbours[.dtn("//deaf/")]?.messages.append(.predictabilities([]))
      routing.delivered(id(number, nameOf: 1), deadline: 1000, now: 0)
    }
    let messages = routing.neighbours[.dtn("//deaf/")]?.messages ?? []
    #expect(messages.count { if case .delivered = $0 { true } else { false } } < 64)
  }
}
