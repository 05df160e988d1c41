// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Figures that need no second process, under the contract of Benchmarks/README.md: what the session adds to the cipher,
/// and what an idle session costs.
@main
struct Main {
  static let workloads = ["seal-open-1200", "idle-session"]

  static func main() {
    var seconds = 1.0
    var cpu: Int32 = 0
    var wanted = workloads
    var rest = CommandLine.arguments.dropFirst()
    while let word = rest.popFirst() {
      if word == "--json" { continue }
      guard let value = rest.popFirst() else { fail("\(word) needs a value") }
      let parts = value.split(separator: ",").map(String.init)
      switch word {
      case "--seconds": seconds = Double(value) ?? 1
      case "--cpus": cpu = parts.first.flatMap { Int32($0) } ?? 0
      case "--workloads": wanted = workloads.filter { parts.contains($0) }
      default: fail("[--json] [--seconds S] [--cpus A,B] [--workloads a,b]")
      }
    }
    guard clinux_pin_to_cpu(cpu) >= 0 else { fail("this process cannot be pinned") }
    if wanted.contains("seal-open-1200") { SealOpen.run(seconds: seconds) }
    if wanted.contains("idle-session") { IdleSessions.run(count: 10_000) }
  }

  /// Ends the process with a reason for people.
  static func fail(_ reason: String) -> Never {
    let text = "bench-inside: \(reason)\n"
    _ = write(2, text, text.utf8.count)
    exit(1)
  }

  /// One figure on standard output.
  static func report(_ peer: String, _ workload: String, _ value: Double, _ unit: String) {
    let rounded = (value * 1000).rounded() / 1000
    let line = "{\"peer\":\"\(peer)\",\"workload\":\"\(workload)\",\"value\":\(rounded),\"unit\":\"\(unit)\"}\n"
    _ = write(1, line, line.utf8.count)
  }
}
