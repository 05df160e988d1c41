// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import CLinux
import Glibc

/// Counts allocations of the whole path of messages: two nodes in one process, each with its plugin host, over a real
/// plugin. Built for release, where the figure has to be 0; a debug build allocates for its own purposes.
///
/// Usage: steady-allocations FOLDER-OF-PLUGINS. Ends with a line "P passed, F failed".
@main
struct Main {
  static let warmUp = 20_000
  static let counted = 10_000
  static let rounds = 5

  static func main() {
    clinux_ignore_broken_pipes()
    let arguments = CommandLine.arguments
    let before = allocation_count()
    guard arguments.count == 2, let path = realpath(arguments[1], nil) else { fail("FOLDER-OF-PLUGINS") }
    let plugins = String(cString: path)
    free(path)
    guard allocation_count_is_available() == 1 else { fail("a sanitizer has its own malloc") }
    guard allocation_count() > before else { fail("the counter does not count") }
    var failures = 0
    for transport in ["unix", "websocket"] {
      for shape in Traffic.Shape.allCases {
        let pair = NodePair(transport: transport, plugins: plugins)
        let traffic = Traffic(pair, shape)
        traffic.run(warmUp)
        // A table that grows a last time is not what a message costs: that would show in every round.
        var count = UInt64.max
        for _ in 0..<rounds where count > 0 {
          let start = allocation_count()
          traffic.run(counted)
          count = min(count, allocation_count() - start)
        }
        if count > 0 { failures += 1 }
        say("\(count == 0 ? "ok    " : "FAILED") \(transport), \(shape): \(count) allocations in \(counted) messages")
        pair.close()
      }
    }
    let total = 2 * Traffic.Shape.allCases.count
    say("\(total - failures) passed, \(failures) failed")
    exit(failures == 0 ? 0 : 1)
  }

  static func say(_ text: String) {
    let line = text + "\n"
    _ = write(1, line, line.utf8.count)
  }

  /// Ends the process with a reason for people.
  static func fail(_ reason: String) -> Never {
    say("steady-allocations: \(reason)")
    exit(1)
  }
}
