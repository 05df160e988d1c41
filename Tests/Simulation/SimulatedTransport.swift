// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// How one transport between two nodes behaves. Times in nanoseconds, chances in per cent.
struct SimulatedTransport {
  var name: String
  var group: Int
  var streamLike: Bool
  var mtu: Int
  var delay: UInt64
  var jitter: UInt64
  var loss: Double
  var duplication: Double
  var reordering: Double
  /// Bytes a second.
  var rate: UInt64
  /// What the plugin's queue holds.
  var credit: Int
  var lanes: Int

  // Faults, switched while the world runs.
  /// Packets vanish, dialling gets no answer.
  var blackHole = false
  /// Dialling is refused.
  var refuses = false

  static func random(_ index: Int, _ random: inout SplitMix) -> SimulatedTransport {
    let streamLike = random.chance(55)
    let delay: UInt64 = random.number(100_000...60_000_000)
    return SimulatedTransport(
      name: "t\(index)", group: random.number(1...2), streamLike: streamLike,
      mtu: streamLike ? random.number(1200...65_535) : random.number(400...1500), delay: delay,
      jitter: streamLike ? delay / 10 : random.number(0...delay), loss: streamLike ? 0 : random.percent(0...12),
      duplication: streamLike ? 0 : random.percent(0...3), reordering: streamLike ? 0 : random.percent(0...10),
      rate: random.number(300_000...50_000_000), credit: random.number(70_000...1_000_000),
      lanes: streamLike && random.chance(25) ? 6 : 1)
  }

  func characteristics(mtu: Int) -> LinkCharacteristics {
    LinkCharacteristics(reliable: streamLike, ordered: streamLike, mtu: mtu, lanes: lanes)
  }
}
