// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// How many status reports go out: of all, and about the bundles of one node half as many, so that one that asks for more
/// than there are leaves some for the others.
struct ReportBudget {
  /// Nodes that are counted at a time; with more of them only the bound of all holds.
  private static let nodeLimit = 1024

  private var all: RateBudget
  private var ofNodes: [EndpointID: RateBudget] = [:]
  private let share: UInt64

  init(perMinute limit: UInt64) {
    all = RateBudget(perMinute: limit)
    share = (limit + 1) / 2
  }

  /// Takes one; false when there are none left for bundles of this source.
  /// - Parameter now: milliseconds.
  mutating func take(for source: EndpointID, now: UInt64) -> Bool {
    let node = source.routingNode ?? source
    if ofNodes[node] == nil {
      if ofNodes.count >= Self.nodeLimit { ofNodes = [:] }
      ofNodes[node] = RateBudget(perMinute: share)
    }
    return ofNodes[node]?.take(now: now) == true && all.take(now: now)
  }
}
