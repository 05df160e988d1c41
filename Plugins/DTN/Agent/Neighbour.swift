// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// A node that can be reached now.
final class Neighbour {
  let key: [UInt8]
  /// As routing knows it.
  let node: EndpointID
  /// Bundles on their way to it, by the number of their transfer.
  var transfers: [UInt64: (sequence: UInt64, size: Int)] = [:]
  var bytes = 0
  private var lastNumber: UInt64 = 0
  /// What routing has handed out and the window had no room for.
  var held: RoutingStep?
  /// Nothing is sent before it says that there is room.
  var isFull = false
  /// It does not serve the protocol.
  var isDeaf = false
  /// Which life of it this is, once it has said so.
  var life: UInt64?
  /// Its transfers from here begin anew with each of its comings.
  let epoch: UInt64

  init(_ key: [UInt8], _ node: EndpointID, epoch: UInt64) {
    self.key = key
    self.node = node
    self.epoch = epoch
  }

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
}
