// SPDX-License-Identifier: Apache-2.0

/// One link between two nodes: an end at each, and what is on the way.
final class SimulatedLink {
  /// One end, as its node knows it.
  struct End {
    var node: Int
    var id: UInt64
    var isUp = false
    var isGone = false
    /// Bytes handed over and not yet arrived.
    var queued = 0
    /// When the last byte handed over so far will have left.
    var busyUntil: UInt64 = 0
    /// Arrival time of the last packet, per lane, for ordered transports.
    var lastArrival: [UInt64] = [0, 0, 0, 0, 0, 0, 0, 0]
  }

  let transport: Int
  var ends: [End]
  var isCut = false
  var mtu: Int

  init(transport: Int, from: End, to: End, mtu: Int) {
    self.transport = transport
    ends = [from, to]
    self.mtu = mtu
  }
}
