// SPDX-License-Identifier: Apache-2.0
import Glibc

/// `bundle-power run FOLDER BUNDLES SEED`: works with a store, its writes recorded by record.c.
/// `bundle-power replay LOG FOLDER SEED [EVERY]`: cuts the power at every EVERYth recorded point and looks at what is
/// left.
@main struct Main {
  static func main() throws {
    let arguments = CommandLine.arguments
    func number(_ index: Int, _ other: UInt64) -> UInt64 {
      arguments.count > index ? UInt64(arguments[index]) ?? other : other
    }
    switch arguments.count > 3 ? arguments[1] : "" {
    case "run": try Workload.run(folder: arguments[2], bundles: Int(number(3, 100)), seed: number(4, 1))
    case "replay":
      var replay = Replay(try Replay.read(arguments[2]), folder: arguments[3], seed: number(4, 1))
      try replay.run(every: Int(max(1, number(5, 1))))
      print(
        "power loss: \(replay.cuts) cuts, \(replay.states) states of the disk, \(replay.checked) acknowledged"
          + " bundles found again, none lost")
    default:
      print("usage: bundle-power run FOLDER BUNDLES SEED | replay LOG FOLDER SEED [EVERY]")
      exit(2)
    }
  }
}

/// What was found to be wrong.
struct PowerError: Error { let text: String }
