import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver

/// What an instance counts.
struct Figures {
  var framesIn: UInt64 = 0
  var framesOut: UInt64 = 0
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  var reads: UInt64 = 0
  var writes: UInt64 = 0
  var upgradesRefused: UInt64 = 0
  var acceptsRefused: UInt64 = 0
  var violations: UInt64 = 0

  private static let names: [(StaticString, StaticString)] = [
    ("links", "Links in any state"), ("frames_in", "Packets received"), ("frames_out", "Packets sent"),
    ("bytes_in", "Bytes of packets received"), ("bytes_out", "Bytes of packets sent"),
    ("reads", "Read calls on sockets"), ("writes", "Write calls on sockets"),
    ("upgrades_refused", "HTTP requests that were refused"),
    ("accepts_refused", "Connections that were closed at once because of a limit"),
    ("violations", "Links that ended because the other end broke the protocol"),
  ]

  /// Writes up to `capacity` figures and returns how many.
  func write(links: Int, to target: UnsafeMutablePointer<mesh_stat>, capacity: Int) -> Int32 {
    let values = [
      UInt64(links), framesIn, framesOut, bytesIn, bytesOut, reads, writes, upgradesRefused, acceptsRefused, violations,
    ]
    let count = min(capacity, values.count)
    for index in 0..<count {
      var figure = mesh_stat()
      figure.name = Text.pointer(Self.names[index].0)
      figure.help = Text.pointer(Self.names[index].1)
      figure.value = values[index]
      figure.kind = index == 0 ? MESH_STAT_GAUGE : MESH_STAT_COUNTER
      target[index] = figure
    }
    return Int32(count)
  }
}
