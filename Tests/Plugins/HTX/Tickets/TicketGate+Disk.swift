// SPDX-License-Identifier: Apache-2.0
import HTXTickets

extension TicketGate {
  /// Reads all of the replay memory; the keys of records that are damaged.
  mutating func restore(from disk: [String: [UInt8]], unixSeconds: Int64) -> [String] {
    var damaged: [String] = []
    while let key = restoreKey {
      if !restore(disk[key], unixSeconds: unixSeconds) { damaged.append(key) }
    }
    return damaged
  }
}
