// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// How much a store takes.
public struct StoreLimits: Sendable {
  /// Bytes and number of bundles that one kind may have.
  public struct Quota: Equatable, Sendable {
    /// Bytes of bundles.
    public var bytes: UInt64
    /// Number of bundles.
    public var count: UInt64

    /// A quota.
    public init(bytes: UInt64 = .max, count: UInt64 = .max) {
      self.bytes = bytes
      self.count = count
    }
  }

  /// Of all bundles.
  public var total = Quota(bytes: 1 << 30, count: 1_000_000)
  /// Of one source node, whatever its services are called.
  public var perSource = Quota()
  /// Of source nodes that have a quota of their own; the last for a node counts.
  public var sources: [(node: EndpointID, quota: Quota)] = []
  /// Of what came through one neighbour, whatever its sources are called.
  public var perNeighbour = Quota()
  /// Of neighbours that have a quota of their own, `EndpointID.none` for all strangers together; the last for one counts.
  public var neighbours: [(node: EndpointID, quota: Quota)] = []
  /// Of one priority, by its raw value.
  public var perPriority = [Quota](repeating: Quota(), count: BundlePriority.allCases.count)
  /// Share of `total` above which neighbours are asked to wait before anything is refused.
  public var highWater = 0.9

  /// The defaults: 1 GiB, a million bundles.
  public init() {}

  /// Bytes that the database may have beside bundles and records: pages that are not free yet, and what was read here.
  static let slack: UInt64 = 256 << 20

  /// Bytes that a database of so many bundles may grow to: only addresses are used up by it, and with less of them a put
  /// fails while the quotas have room. A value of more than half a page has pages of its own, so that one a little larger
  /// than that or than a page has twice its size; and so may its record, whose names are in the bundle too.
  func mapSize(slack: UInt64) -> Int {
    let most: UInt64 = 1 << 44
    // No bundle is smaller than that.
    let records = min(total.count, total.bytes / 64)
    let (values, isTooMuch) = min(total.bytes, most).multipliedReportingOverflow(by: 4)
    let wanted = values.addingReportingOverflow(min(records, most) * 512 + min(slack, most))
    return Int(isTooMuch || wanted.overflow ? most : min(wanted.partialValue, most))
  }

  /// The quota of a source's node.
  func quota(of node: EndpointID) -> Quota {
    sources.last { SourceNodes.node($0.node) == node }?.quota ?? perSource
  }

  /// The quota of a neighbour. Strangers have half of everything unless it is said otherwise: they may be many, and the
  /// other half is for those that are known.
  func quota(ofNeighbour node: EndpointID) -> Quota {
    if let own = neighbours.last(where: { SourceNodes.node($0.node) == node }) { return own.quota }
    guard node.isNull else { return perNeighbour }
    return Quota(bytes: max(1, total.bytes / 2), count: max(1, total.count / 2))
  }
}

/// What the store says to a bundle.
public enum Admission: Equatable, Sendable {
  /// There is room, and it is reserved; the number under which it will be found once it is on disk.
  case admitted(sequence: UInt64, evicted: [UInt64])
  /// The bundle is here already, under this number.
  case duplicate(sequence: UInt64)
  /// Its lifetime has passed.
  case expired
  /// A quota is full, and nothing that may go would make room.
  case full(Full)
  /// The store has failed and takes nothing until it is opened again.
  case failed

  /// Which quota.
  public enum Full: Sendable { case total, source, neighbour, priority }
}
