// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles of which one copy goes to one neighbour: the most urgent first, then in the order of arrival.
struct SingleCopyQueue {
  private var bundles: [UInt64: RoutedBundle] = [:]
  /// By urgency; what was removed meanwhile is passed over.
  private var order: [[UInt64]] = [[], [], []]
  /// Per neighbour and urgency, how far `order` was looked through.
  private var cursors: [EndpointID: [Int]] = [:]
  private var handedOut: [UInt64: EndpointID] = [:]
  private var parked: Set<UInt64> = []

  mutating func add(_ bundle: RoutedBundle) {
    bundles[bundle.sequence] = bundle
    order[Self.rank(bundle)].append(bundle.sequence)
  }

  private static func rank(_ bundle: RoutedBundle) -> Int { 2 - min(2, Int(bundle.priority)) }

  func bundle(_ sequence: UInt64) -> RoutedBundle? { bundles[sequence] }

  mutating func remove(_ sequence: UInt64) {
    guard bundles.removeValue(forKey: sequence) != nil else { return }
    handedOut[sequence] = nil
    parked.remove(sequence)
    let kept = order.reduce(0) { $0 + $1.count }
    guard kept > 64, kept > bundles.count * 2 else { return }
    for rank in order.indices { order[rank].removeAll { bundles[$0] == nil } }
    cursors = [:]
  }

  /// Everything is looked at again, what was parked too.
  mutating func rewind() {
    cursors = [:]
    parked = []
  }

  mutating func giveBack(all neighbour: EndpointID) {
    handedOut = handedOut.filter { $0.value != neighbour }
    rewind()
  }

  mutating func park(_ sequence: UInt64) {
    handedOut[sequence] = nil
    if bundles[sequence] != nil { parked.insert(sequence) }
    cursors = [:]
  }

  mutating func next(for neighbour: EndpointID, where isWanted: (RoutedBundle) -> Bool) -> UInt64? {
    var places = cursors[neighbour] ?? [0, 0, 0]
    defer { cursors[neighbour] = places }
    for rank in order.indices {
      while places[rank] < order[rank].count {
        let sequence = order[rank][places[rank]]
        places[rank] += 1
        guard let bundle = bundles[sequence], handedOut[sequence] == nil, !parked.contains(sequence), isWanted(bundle)
        else { continue }
        handedOut[sequence] = neighbour
        return sequence
      }
    }
    return nil
  }
}
