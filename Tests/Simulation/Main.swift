// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs seeds of the simulated world and says which one broke a promise.
@main
struct Main {
  /// Seeds that found a fault once; they run with each range.
  static let remembered: [UInt64] = [3260]

  static func main() {
    var seeds: UInt64 = 2000
    var first: UInt64 = 1
    var only: UInt64?
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      func value() -> UInt64 {
        guard let text = arguments.popFirst(), let number = UInt64(text) else { usage("\(argument) needs a number") }
        return number
      }
      switch argument {
      case "--seeds": seeds = value()
      case "--first": first = value()
      case "--seed": only = value()
      case "--packets": World.tracesAllPackets = true
      case "--help": usage(nil)
      default: usage("unknown option \(argument)")
      }
    }
    if let only {
      let result = Scenario(seed: only, isVerbose: true).run()
      print(result.statistics)
      for failure in result.failures { print("seed \(only): \(failure)") }
      exit(result.failures.isEmpty ? 0 : 1)
    }
    run(first..<(first + seeds))
  }

  static func usage(_ problem: String?) -> Never {
    if let problem { print("mesh-simulate: \(problem)") }
    print(
      "usage: mesh-simulate [--seeds N] [--first N] | --seed N [--packets]\n\nRuns N seeds; --seed replays one, with its story."
    )
    exit(problem == nil ? 0 : 2)
  }

  static func run(_ seeds: Range<UInt64>) {
    var total = World.Statistics()
    var failed: [UInt64] = []
    let all = remembered.filter { !seeds.contains($0) } + Array(seeds)
    for seed in all {
      let result = Scenario(seed: seed, isVerbose: false).run()
      total.packets += result.statistics.packets
      total.lost += result.statistics.lost
      total.duplicated += result.statistics.duplicated
      total.linksConfirmed += result.statistics.linksConfirmed
      total.linkDeaths += result.statistics.linkDeaths
      total.restarts += result.statistics.restarts
      total.rekeys += result.statistics.rekeys
      total.messages += result.statistics.messages
      total.expired += result.statistics.expired
      total.requeued += result.statistics.requeued
      total.dropped += result.statistics.dropped
      total.requests += result.statistics.requests
      total.answered += result.statistics.answered
      total.executions += result.statistics.executions
      total.repetitions += result.statistics.repetitions
      total.cancelled += result.statistics.cancelled
      total.datagrams += result.statistics.datagrams
      total.carried += result.statistics.carried
      if let failure = result.failures.first {
        failed.append(seed)
        if failed.count <= 20 { print("seed \(seed) \(failure)\n  replay: mesh-simulate --seed \(seed)") }
      }
    }
    print(
      "\(all.count) seeds: \(total.messages) messages, \(total.packets) packets (\(total.lost) lost, \(total.duplicated) doubled), "
        + "\(total.linksConfirmed) links, \(total.linkDeaths) killed, \(total.restarts) restarts, \(total.rekeys) key changes, "
        + "\(total.requeued) frames sent again elsewhere, \(total.expired) messages expired and reported, \(total.dropped) dropped and reported, "
        + "\(total.requests) requests, \(total.answered) answered, \(total.executions) carried out, "
        + "\(total.repetitions) of them flagged, \(total.cancelled) cancelled, \(total.datagrams) datagrams, \(total.carried) messages came with carriers"
    )
    print("\(all.count - failed.count) passed, \(failed.count) failed")
    exit(failed.isEmpty ? 0 : 1)
  }
}
