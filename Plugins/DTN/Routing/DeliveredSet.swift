// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Identities of bundles that are at their destination, until their lifetime has passed; the oldest go when there are
/// too many, or their names are too long.
package struct DeliveredSet {
  private let limit: Int
  /// Of the names of their sources, bytes.
  private let nameLimit: Int
  private var names = 0
  private var deadlines: [BundleID: UInt64] = [:]
  private var order: [BundleID] = []
  private var oldest = 0

  package init(limit: Int, names: Int = 16 << 20) {
    self.limit = limit
    nameLimit = names
  }

  var count: Int { deadlines.count }

  package func contains(_ id: BundleID) -> Bool { deadlines[id] != nil }

  func deadline(_ id: BundleID) -> UInt64? { deadlines[id] }

  /// All that matter now, in the order in which they came.
  func all(now: UInt64) -> [BundleID] {
    order[oldest...].filter { deadlines[$0].map { $0 > now } ?? false }
  }

  /// Whether it was new.
  @discardableResult package mutating func insert(_ id: BundleID, deadline: UInt64, now: UInt64) -> Bool {
    guard deadline > now, deadlines[id] == nil else { return false }
    deadlines[id] = deadline
    order.append(id)
    names += id.source.nameSize
    while deadlines.count > limit || names > nameLimit { dropOldest() }
    while oldest < order.count, deadlines[order[oldest]].map({ $0 <= now }) ?? true { dropOldest() }
    if oldest > 1024, oldest > order.count / 2 {
      order.removeFirst(oldest)
      oldest = 0
    }
    return true
  }

  private mutating func dropOldest() {
    if deadlines.removeValue(forKey: order[oldest]) != nil { names -= order[oldest].source.nameSize }
    oldest += 1
  }
}
