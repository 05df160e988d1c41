// SPDX-License-Identifier: Apache-2.0
import HTXTickets

/// Who visits the site, and who has to go when there are too many: one of the network that has the most visitors, so that
/// whoever comes from elsewhere gets in however many they are.
public struct VisitorTable: Sendable {
  private struct Visitor {
    let network: NetworkPrefix
    let number: UInt64
    var isIdle = false
  }

  private let limit: Int
  private let limitOfNetwork: Int
  private var visitors: [UInt32: Visitor] = [:]
  private var counts: [NetworkPrefix: Int] = [:]
  private var next: UInt64 = 0

  /// At most `limit` visitors, and `limitOfNetwork` of a network; at least one.
  public init(limit: Int, limitOfNetwork: Int) {
    self.limit = max(1, limit)
    self.limitOfNetwork = max(1, limitOfNetwork)
  }

  /// Visitors now.
  public var count: Int { visitors.count }

  /// Lets a visitor in. Returns who has to go for him, if somebody has to; he is out of the table already.
  public mutating func admit(_ slot: UInt32, from network: NetworkPrefix) -> UInt32? {
    var displaced: UInt32?
    if counts[network, default: 0] >= limitOfNetwork {
      displaced = victim { $0.network == network }
    } else if visitors.count >= limit {
      let most = counts.values.max()
      displaced = victim { counts[$0.network] == most }
    }
    if let displaced { leave(displaced) }
    leave(slot)
    visitors[slot] = Visitor(network: network, number: next)
    next &+= 1
    counts[network, default: 0] += 1
    return displaced
  }

  /// A visitor has gone, or is none any more.
  public mutating func leave(_ slot: UInt32) {
    guard let visitor = visitors.removeValue(forKey: slot), let count = counts[visitor.network] else { return }
    counts[visitor.network] = count > 1 ? count - 1 : nil
  }

  /// Whether everything that a visitor has asked for is answered.
  public mutating func mark(_ slot: UInt32, isIdle: Bool) { visitors[slot]?.isIdle = isIdle }

  /// The one who came first of those who are idle, or of all.
  private func victim(_ isCandidate: (Visitor) -> Bool) -> UInt32? {
    var first: (slot: UInt32, visitor: Visitor)?
    for (slot, visitor) in visitors where isCandidate(visitor) {
      if let first, (first.visitor.isIdle ? 0 : 1, first.visitor.number) < (visitor.isIdle ? 0 : 1, visitor.number) {
        continue
      }
      first = (slot, visitor)
    }
    return first?.slot
  }
}
