// SPDX-License-Identifier: Apache-2.0
import BundleSimulation
import Glibc

/// `bundle-simulate ferry SCHEDULES [FIRST]`: the ferry on so many random schedules. `bundle-simulate routing [TRACES]`:
/// the table of docs/core-developer/bundles.md.
@main struct Main {
  static func main() throws {
    let arguments = CommandLine.arguments
    let count = arguments.count > 2 ? UInt64(arguments[2]) ?? 0 : 0
    switch arguments.count > 1 ? arguments[1] : "" {
    case "ferry":
      let first = arguments.count > 3 ? UInt64(arguments[3]) ?? 0 : 0
      var visits = 0
      for seed in first..<(first + max(1, count)) {
        var ferry = try Ferry(count: 1000, seed: seed)
        let outcome = try ferry.run()
        guard outcome.isExact, outcome.leftOver == 0 else {
          print("ferry: schedule \(seed): \(outcome)")
          exit(1)
        }
        visits += outcome.visits
      }
      print("ferry: \(max(1, count)) schedules, 1,000 bundles each way, each exactly once; \(visits) visits")
    case "routing": try compare(traces: max(1, count))
    default: print("usage: bundle-simulate ferry SCHEDULES [FIRST] | routing [TRACES]")
    }
  }

  static func compare(traces: UInt64) throws {
    for (name, buffer) in [("ample", 200_000_000), ("scarce", 500_000)] as [(String, UInt64)] {
      print("\(name) storage, \(traces) traces")
      print("routing        arrived  median s  mean s  copies  KB held")
      for kind in RoutingComparison.Kind.allCases {
        var sum = [0.0, 0, 0, 0, 0]
        for seed in 0..<traces {
          let trace = MobilityTrace(nodes: 30, side: 1500, range: 60, duration: 14_400_000, seed: seed)
          var comparison = try RoutingComparison(
            kind, on: trace, bundles: 600, lifetime: 5_400_000, buffer: buffer, seed: seed)
          let one = try comparison.run()
          for (index, value) in [one.ratio, one.medianDelay, one.meanDelay, one.copies, one.storage].enumerated() {
            sum[index] += value / Double(traces)
          }
        }
        let cells = [
          rounded(sum[0] * 100, 1) + " %", rounded(sum[1], 0), rounded(sum[2], 0), rounded(sum[3], 1),
          rounded(sum[4] / 1000, 0),
        ]
        let padded = zip(cells, [8, 10, 8, 8, 9]).map { String(repeating: " ", count: max(1, $1 - $0.count)) + $0 }
        print(kind.rawValue + String(repeating: " ", count: 14 - kind.rawValue.count) + padded.joined())
      }
    }
  }

  static func rounded(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 0 ? 1.0 : 10.0
    let whole = Int((value * scale).rounded())
    return digits == 0 ? "\(whole)" : "\(whole / 10).\(whole % 10)"
  }
}
