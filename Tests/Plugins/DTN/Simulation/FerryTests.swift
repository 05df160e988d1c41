// SPDX-License-Identifier: Apache-2.0
import BundleSimulation
import Testing

@Suite struct FerryTests {
  @Test(arguments: 0..<20 as Range<UInt64>) func eachBundleIsFerriedExactlyOnce(_ seed: UInt64) throws {
    var ferry = try Ferry(count: 100, seed: seed)
    let outcome = try ferry.run()
    #expect(outcome.isExact, "\(outcome)")
    #expect(outcome.leftOver == 0, "\(outcome)")
  }

  @Test func floodsArriveMoreOftenThanDirectMeetingsAndCostMore() throws {
    let trace = MobilityTrace(nodes: 12, side: 600, range: 60, duration: 1_800_000, seed: 3)
    var figures: [RoutingComparison.Kind: RoutingComparison.Figures] = [:]
    for kind in RoutingComparison.Kind.allCases {
      var comparison = try RoutingComparison(
        kind, on: trace, bundles: 60, lifetime: 1_800_000, buffer: 1 << 30, seed: 4)
      figures[kind] = try comparison.run()
    }
    let direct = try #require(figures[.direct])
    for (kind, one) in figures where kind != .direct {
      #expect(one.ratio >= direct.ratio, "\(kind): \(one)")
      #expect(one.copies >= 1, "\(kind): \(one)")
    }
    let epidemic = try #require(figures[.epidemic])
    let planned = try #require(figures[.contactGraph])
    #expect(direct.copies == 1)
    #expect(epidemic.ratio > 0.8)
    #expect(planned.ratio > 0.8)
    #expect(epidemic.copies > planned.copies)
  }
}
