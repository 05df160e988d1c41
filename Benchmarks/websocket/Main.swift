// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import WebSocketDriver
import WebSocketMiniHost

/// Pushes packets through two instances of the plugin, on one thread by turns or on two pinned ones, and prints the
/// rate beside that of bare write and read calls on a TCP connection of the same layout.
///
/// Arguments: `ws` or `wss`, bytes of a packet, seconds, `one` or `two` threads.
@main
struct Main {
  static func main() {
    let arguments = CommandLine.arguments
    let scheme = arguments.count > 1 ? arguments[1] : "ws"
    let size = arguments.count > 2 ? Int(arguments[2]) ?? 65_528 : 65_528
    let seconds = arguments.count > 3 ? Double(arguments[3]) ?? 2 : 2
    let isSplit = arguments.count <= 4 || arguments[4] == "two"
    let rate = isSplit ? TwoThreads(scheme, size, seconds).run() : OneProcess(scheme, size, seconds).run()
    let bare = BareSockets(size, seconds).run()
    let text = "\(scheme) \(size) bytes: \(megabytes(rate)) MB/s, bare TCP \(megabytes(bare)) MB/s, ratio "
    write(1, text + ratio(rate, bare) + "\n", (text + ratio(rate, bare) + "\n").utf8.count)
  }

  private static func megabytes(_ rate: Double) -> Int { Int(rate / 1e6) }

  private static func ratio(_ left: Double, _ right: Double) -> String {
    let hundredths = Int(left / max(right, 1) * 100)
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
