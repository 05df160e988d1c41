// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import HTXHTTP3
import HTXQUIC

/// One request of HTTP/3 with both bodies open, between two processes: what `bench-quic` has as its floor. The contract
/// stands in Benchmarks/README.md; the server is the same program with `--serve`.
@main
struct Main {
  static func main() {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == "--serve", let cpu = Int32(arguments[2]) {
      clinux_pin_to_cpu(cpu)
      Server.run()
    }
    var (seconds, cpus, workloads) = (1.0, [0, 1], ["bulk-1m", "round-trip"])
    for (index, word) in arguments.enumerated() where index + 1 < arguments.count {
      let value = arguments[index + 1]
      switch word {
      case "--seconds": seconds = Double(value) ?? seconds
      case "--cpus": cpus = value.split(separator: ",").compactMap { Int($0) }
      case "--workloads": workloads = value.split(separator: ",").map(String.init)
      default: break
      }
    }
    guard cpus.count == 2 else { fail("--cpus takes two numbers") }
    if workloads.contains("bulk-1m") { Client.measure(seconds, cpus[0], cpus[1], isBulk: true) }
    if workloads.contains("round-trip") { Client.measure(seconds, cpus[0], cpus[0], isBulk: false) }
  }

  static func options() -> EndpointOptions {
    var options = EndpointOptions()
    options.isPayloadFixed = true
    options.streamWindow = 16 << 20
    return options
  }

  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Runs an endpoint on its socket until `done`.
  static func drive(_ socket: UDPSocket, _ endpoint: Endpoint, until done: () -> Bool) {
    while true {
      let hasMore = socket.receive(into: endpoint, now: now())
      if socket.isFull { endpoint.writable() }
      endpoint.poll(now: now())
      if done() { return }
      let (due, time) = (endpoint.nextDeadline, now())
      guard !hasMore, due > time else { continue }
      var descriptor = pollfd(
        fd: socket.descriptor, events: Int16(POLLIN) | (socket.isFull ? Int16(POLLOUT) : 0), revents: 0)
      // What is left below a millisecond, the pacer's pauses, is spent asking.
      poll(&descriptor, 1, Int32(min((due - time) / 1_000_000, 1000)))
    }
  }

  static func line(_ text: String, to descriptor: Int32 = 1) {
    let bytes = Array((text + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  static func fail(_ sentence: String) -> Never {
    line(sentence, to: 2)
    exit(1)
  }
}
