// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// This project's own figures, under the contract of Benchmarks/README.md: two processes, each a whole node on the
/// event loop and the plugin host, with sealed sessions between them.
@main
struct Main {
  static func main() {
    clinux_ignore_broken_pipes()
    let arguments = CommandLine.arguments
    if let child = ChildTask(arguments) {
      alarm(UInt32(child.seconds * 10) + 30)
      guard clinux_pin_to_cpu(Int32(child.cpu)) >= 0 else { fail("this process cannot be pinned") }
      guard child.isClient else { return ServerProcess(child).run() }
      switch child.workload.shape {
      case .underBulk, .behindBulk: BulkClient(child).start()
      case .connect: ConnectClient(child).start()
      default: ClientProcess(child).start()
      }
      return
    }
    guard let options = Options(arguments) else {
      fail(
        "[--json] [--seconds S] [--cpus A,B] [--workloads a,b] [--peers libmesh-unix,libmesh-ws,…] [--plugins FOLDER]")
    }
    var isComplete = true
    for peer in options.peers {
      for workload in options.workloads where !workload.isShaped || peer == "libmesh-htx" {
        isComplete = ProcessPair(peer: peer, workload: workload, options: options).run() && isComplete
      }
    }
    exit(isComplete ? 0 : 1)
  }

  /// Ends the process with a reason for people.
  static func fail(_ reason: String) -> Never {
    let text = "bench-session: \(reason)\n"
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
