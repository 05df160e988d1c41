// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles of which copies are made: in the order of arrival, by identity and by destination.
struct ReplicatedBundles {
  struct Held {
    var bundle: RoutedBundle
    /// Copies that this node may give away, its own counted.
    var copies: UInt32
  }

  private var bundles: [UInt64: Held] = [:]
  private var sequences: [BundleID: UInt64] = [:]
  private var byNode: [EndpointID: [UInt64]] = [:]
  /// What was removed meanwhile is passed over.
  private(set) var order: [UInt64] = []

  var identities: [BundleID] { order.compactMap { bundles[$0]?.bundle.id } }

  func held(_ sequence: UInt64) -> Held? { bundles[sequence] }
  func sequence(_ id: BundleID) -> UInt64? { sequences[id] }
  func forNode(_ node: EndpointID) -> [UInt64] { byNode[node] ?? [] }

  mutating func add(_ bundle: RoutedBundle, copies: UInt32) {
    guard bundles[bundle.sequence] == nil else { return }
    bundles[bundle.sequence] = Held(bundle: bundle, copies: max(1, copies))
    sequences[bundle.id] = bundle.sequence
    order.append(bundle.sequence)
    if let node = bundle.destination.routingNode { byNode[node, default: []].append(bundle.sequence) }
  }

  mutating func remove(_ sequence: UInt64) -> Bool {
    guard let held = bundles.removeValue(forKey: sequence) else { return false }
    sequences[held.bundle.id] = nil
    return true
  }

  mutating func give(_ sequence: UInt64, copies: UInt32) {
    guard let left = bundles[sequence]?.copies else { return }
    bundles[sequence]?.copies = max(1, left > copies ? left - copies : 1)
  }

  /// Drops from the lists what is gone once that is more than half; true when places in them changed.
  mutating func sweep() -> Bool {
    guard order.count > 64, order.count > bundles.count * 2 else { return false }
    order.removeAll { bundles[$0] == nil }
    for node in Array(byNode.keys) {
      byNode[node]?.removeAll { bundles[$0] == nil }
      if byNode[node]?.isEmpty == true { byNode[node] = nil }
    }
    return true
  }
}
