// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Sends by fixed rules: the first rule that fits a destination names the neighbours to try, the most wanted first. A
/// bundle for a neighbour itself needs no rule. One copy only.
public final class StaticRouting: RoutingProtocol {
  /// Where bundles for some destinations go.
  public struct Rule: Sendable {
    /// Which destinations.
    public var destinations: EndpointPattern
    /// Neighbours in the order of preference.
    public var neighbours: [EndpointID]

    /// A rule.
    public init(_ destinations: EndpointPattern, to neighbours: [EndpointID]) {
      self.destinations = destinations
      self.neighbours = neighbours.compactMap { $0.routingNode }
    }
  }

  private let rules: [Rule]
  private var queue = SingleCopyQueue()
  private var connected: Set<EndpointID> = []
  private var retryAt: UInt64?
  private var refusals = Refusals()
  private var clock = IntervalClock()
  /// Milliseconds until a neighbour that has not taken a bundle is asked again.
  static let retryTime: UInt64 = 10_000

  /// A table.
  public init(_ rules: [Rule]) { self.rules = rules }

  /// The neighbours that may have a bundle, the destination itself first.
  private func candidates(_ bundle: RoutedBundle) -> [EndpointID] {
    let rule = rules.first { $0.destinations.matches(bundle.destination) }
    let direct = bundle.destination.routingNode.map { [$0] } ?? []
    // Not where it came from: two nodes that think each other nearer would play with it for ever.
    return (direct + (rule?.neighbours ?? [])).filter { $0 != bundle.previousNode?.routingNode || direct.first == $0 }
  }

  /// A bundle is here and is to go on.
  public func add(_ bundle: RoutedBundle, now: UInt64) { queue.add(bundle) }

  /// A bundle is not here any more.
  public func remove(_ sequence: UInt64) {
    queue.remove(sequence)
    refusals.remove(sequence)
  }

  /// A neighbour can be reached from now on.
  public func connected(_ neighbour: EndpointID, now: UInt64) {
    connected.insert(neighbour)
    refusals.forget(neighbour)
    queue.rewind()
  }

  /// A neighbour cannot be reached any more.
  public func disconnected(_ neighbour: EndpointID, now: UInt64) {
    connected.remove(neighbour)
    queue.giveBack(all: neighbour)
  }

  /// What to send to a neighbour next.
  public func next(for neighbour: EndpointID, now: UInt64) -> RoutingStep? {
    let moment = clock(now)
    let sequence = queue.next(for: neighbour) { bundle in
      bundle.deadline > now && !refusals.isWaiting(bundle.sequence, for: neighbour, now: moment)
        && candidates(bundle).first(where: { connected.contains($0) }) == neighbour
    }
    return sequence.map { .bundle(sequence: $0, copies: nil) }
  }

  /// The neighbour has stored a bundle.
  public func accepted(_ sequence: UInt64, by neighbour: EndpointID, now: UInt64) -> Retention { .remove }

  /// The neighbour has not taken a bundle; it is asked again after a while, or when anything connects.
  public func failed(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    queue.park(sequence)
    retryAt = min(retryAt ?? .max, clock(now) + Self.retryTime)
  }

  /// The neighbour does not want a bundle; it is asked again after longer and longer, or when it comes anew.
  public func refused(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    queue.park(sequence)
    let at = refusals.refused(sequence, by: neighbour, now: clock(now))
    retryAt = min(retryAt ?? at, at)
  }

  /// Nothing follows from it here.
  public func seen(_ id: BundleID, at neighbour: EndpointID) {}
  /// Nothing follows from it here.
  public func delivered(_ id: BundleID, deadline: UInt64, now: UInt64) {}

  /// There are no messages.
  public func receive(_ message: [UInt8], from neighbour: EndpointID, now: UInt64) throws(BundleError) -> [UInt64] {
    []
  }

  /// When neighbours are asked again.
  public var nextRetry: UInt64? { retryAt }
  /// No contact and no lifetime asks for anything.
  public var nextDeadline: UInt64? { nil }
  /// See the requirement.
  public func use(clock: @escaping () -> UInt64) { self.clock.read = clock }

  /// What was not taken is handed out again when its time has come.
  public func tick(now: UInt64) {
    let moment = clock(now)
    guard let at = retryAt, moment >= at else { return }
    retryAt = refusals.next(after: moment)
    queue.rewind()
  }
}
