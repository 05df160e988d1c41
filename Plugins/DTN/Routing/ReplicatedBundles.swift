// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles of which copies are made, in the order of arrival: eight bytes each where a catalog knows the rest.
struct ReplicatedBundles {
  struct Held {
    var bundle: RoutedBundle
    /// Copies that this node may give away, its own counted.
    var copies: UInt32
  }

  /// Where bundles are looked up; nil = they are kept here.
  var catalog: (any BundleCatalog)?
  private var bundles: [UInt64: RoutedBundle] = [:]
  private var sequences: [BundleID: UInt64] = [:]
  /// Where it is not one.
  private var copies: [UInt64: UInt32] = [:]
  /// Rising. What was removed meanwhile keeps its place, marked with the highest bit.
  private(set) var order: [UInt64] = []
  private var alive = 0

  private static let gone: UInt64 = 1 << 63

  func held(_ sequence: UInt64) -> Held? {
    guard contains(sequence), let bundle = catalog == nil ? bundles[sequence] : catalog?.bundle(sequence) else {
      return nil
    }
    return Held(bundle: bundle, copies: copies[sequence] ?? 1)
  }

  func sequence(_ id: BundleID) -> UInt64? {
    guard let sequence = catalog == nil ? sequences[id] : catalog?.sequence(of: id), contains(sequence) else {
      return nil
    }
    return sequence
  }

  private func destination(_ sequence: UInt64) -> EndpointID? {
    catalog == nil ? bundles[sequence]?.destination : catalog?.destination(of: sequence)
  }

  /// Numbers of the bundles for a node.
  func forNode(_ node: EndpointID) -> [UInt64] {
    var nodes: [EndpointID: Bool] = [:]
    // Neighbours in the order are often for the same.
    var last: (destination: EndpointID, isFor: Bool)?
    return order.filter { sequence in
      guard sequence & Self.gone == 0, let destination = destination(sequence) else { return false }
      if let last, last.destination == destination { return last.isFor }
      let isFor = nodes[destination] ?? (destination.routingNode == node)
      nodes[destination] = isFor
      last = (destination, isFor)
      return isFor
    }
  }

  /// Identities of up to `limit` bundles from a place in `order` on; the place moves behind them.
  func identities(from place: inout Int, limit: Int) -> [BundleID] {
    var found: [BundleID] = []
    while place < order.count, found.count < limit {
      if let held = held(order[place]) { found.append(held.bundle.id) }
      place += 1
    }
    return found
  }

  private func place(of sequence: UInt64) -> Int {
    if let last = order.last, last & ~Self.gone < sequence { return order.count }
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if order[middle] & ~Self.gone < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func contains(_ sequence: UInt64) -> Bool {
    let place = place(of: sequence)
    return place < order.count && order[place] == sequence
  }

  /// - Returns: false when places in `order` have changed.
  mutating func add(_ bundle: RoutedBundle, copies count: UInt32) -> Bool {
    let sequence = bundle.sequence
    let place = place(of: sequence)
    let isLast = place == order.count
    if !isLast, order[place] & ~Self.gone == sequence {
      guard order[place] != sequence else { return true }
      order[place] = sequence
    } else {
      order.insert(sequence, at: place)
    }
    alive += 1
    if count > 1 { copies[sequence] = count }
    if catalog == nil {
      bundles[sequence] = bundle
      sequences[bundle.id] = sequence
    }
    return isLast
  }

  /// The same for one of which only the number is known; false when it does not come last.
  mutating func append(_ sequence: UInt64, copies count: UInt32) -> Bool {
    guard place(of: sequence) == order.count else { return false }
    order.append(sequence)
    alive += 1
    if count > 1 { copies[sequence] = count }
    return true
  }

  mutating func reserve(_ count: Int) { order.reserveCapacity(count) }

  mutating func remove(_ sequence: UInt64) -> Bool {
    let place = place(of: sequence)
    guard place < order.count, order[place] == sequence else { return false }
    order[place] |= Self.gone
    alive -= 1
    copies[sequence] = nil
    if let bundle = bundles.removeValue(forKey: sequence) { sequences[bundle.id] = nil }
    return true
  }

  mutating func give(_ sequence: UInt64, copies given: UInt32) {
    guard let left = copies[sequence] else { return }
    copies[sequence] = left > given + 1 ? left - given : nil
  }

  /// Drops what is gone once that is more than half; true when places in `order` changed.
  mutating func sweep() -> Bool {
    guard order.count > 64, order.count > alive * 2 else { return false }
    order.removeAll { $0 & Self.gone != 0 }
    return true
  }
}
