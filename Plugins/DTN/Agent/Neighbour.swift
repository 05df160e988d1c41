// SPDX-License-Identifier: Apache-2.0

/// A node that can be reached now.
final class Neighbour {
  let key: [UInt8]
  /// Bundles on their way to it, by the number of their transfer.
  var transfers: [UInt64: (sequence: UInt64, size: Int)] = [:]
  var bytes = 0
  private var lastNumber: UInt64 = 0
  /// Bundles that it has, or does not take.
  var settled: Set<UInt64> = []
  /// Nothing is sent before it says that there is room.
  var isFull = false
  /// It does not serve the protocol.
  var isDeaf = false
  /// Its transfers from here begin anew with each of its comings.
  let epoch: UInt64

  init(_ key: [UInt8], epoch: UInt64) {
    self.key = key
    self.epoch = epoch
  }

  func isUnderWay(_ sequence: UInt64) -> Bool { transfers.values.contains { $0.sequence == sequence } }

  func begin(_ sequence: UInt64, size: Int) -> UInt64 {
    lastNumber += 1
    transfers[lastNumber] = (sequence, size)
    bytes += size
    return lastNumber
  }

  /// Ends a transfer; nil for one that is not under way.
  func end(_ number: UInt64) -> UInt64? {
    guard let transfer = transfers.removeValue(forKey: number) else { return nil }
    bytes -= transfer.size
    return transfer.sequence
  }

  func forget(_ sequence: UInt64) { settled.remove(sequence) }
}
