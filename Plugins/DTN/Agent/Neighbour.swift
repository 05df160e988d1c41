// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// A node that can be reached now.
final class Neighbour {
  /// Its public key, or that of a connection of a convergence layer, which is shorter.
  let key: [UInt8]
  /// As routing knows it.
  let node: EndpointID
  /// Bundles on their way to it, by the number of their transfer.
  var transfers: [UInt64: (sequence: UInt64, size: Int)] = [:]
  var bytes = 0
  /// What routing has handed out and the window had no room for.
  var held: RoutingStep?
  /// A bundle that goes to it in fragments, and those that have not left.
  var cut: (sequence: UInt64, fragments: ArraySlice<[UInt8]>)?
  /// How many fragments of a bundle it has not taken yet, by the bundle's number.
  var parts: [UInt64: Int] = [:]
  /// Nothing is sent before it says that there is room.
  var isFull = false
  /// It does not serve the protocol, or is one that only sends.
  var isDeaf = false
  /// Which life of it this is, once it has said so.
  var life: UInt64?
  /// Whether routing knows it: it has a name, and may get bundles.
  let isRouted: Bool
  /// Whether it is believed to be the node that it says it is.
  let isTrusted: Bool

  init(_ key: [UInt8], _ node: EndpointID, isRouted: Bool = true, isTrusted: Bool = true) {
    self.key = key
    self.node = node.routingNode ?? node
    self.isRouted = isRouted
    self.isTrusted = isTrusted
    isDeaf = !isRouted
  }

  /// Whether it is reached over a session of the mesh.
  var isSession: Bool { NodeEndpoint.isKey(key) }

  /// Begins a transfer.
  /// - Parameter number: one that no other transfer of the agent has, or ever had.
  func begin(_ number: UInt64, _ sequence: UInt64, size: Int) {
    transfers[number] = (sequence, size)
    bytes += size
  }

  /// Ends a transfer; nil for one that is not under way.
  func end(_ number: UInt64) -> UInt64? {
    guard let transfer = transfers.removeValue(forKey: number) else { return nil }
    bytes -= transfer.size
    return transfer.sequence
  }

  /// Begins to send a bundle in fragments.
  func begin(_ sequence: UInt64, fragments: [[UInt8]]) {
    if let cut { abandon(cut.sequence) }
    cut = (sequence, fragments[...])
    parts[sequence] = fragments.count
  }

  /// One transfer of a bundle was taken; whether the bundle was, as a whole.
  func isWhole(_ sequence: UInt64) -> Bool {
    guard let left = parts[sequence] else { return true }
    parts[sequence] = left > 1 ? left - 1 : nil
    return left <= 1
  }

  /// What was and is under way of a bundle in fragments counts no more.
  func abandon(_ sequence: UInt64) {
    guard parts.removeValue(forKey: sequence) != nil else { return }
    for (number, transfer) in transfers where transfer.sequence == sequence { _ = end(number) }
    guard cut?.sequence == sequence else { return }
    cut = nil
    if case .bundle(sequence, _)? = held { held = nil }
  }
}
