// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Sends by a contact plan (CCSDS 734.3-B-1): each bundle has a route, with room promised on all of its contacts, and is
/// handed to the first hop while that contact lasts. When a contact ends without it, a neighbour does not take it or
/// the plan changes, another route is looked for. One copy only; critical bundles are for another protocol.
public final class ContactGraphRouting: RoutingProtocol {
  private struct Planned {
    var bundle: RoutedBundle
    /// Nil while no route leads there in time.
    var route: ContactGraph.Route?
    /// Neighbours that did not take it, until a time.
    var excluded: [EndpointID: UInt64] = [:]
    var handedOut = false
  }

  private let node: EndpointID
  private var graph: ContactGraph
  private var planned: [UInt64: Planned] = [:]
  /// By first hop, the most urgent first, then in the order of arrival.
  private var queues: [EndpointID: [UInt64]] = [:]
  private var unrouted: Set<UInt64> = []
  private var refusals = Refusals()
  /// When the first contact of a route begins or ends.
  private var nextLook: UInt64 = .max
  /// When the first neighbour that was left out is so no longer.
  private var includeAt: UInt64 = .max
  private var clock = IntervalClock()

  /// Milliseconds for which a neighbour that did not take a bundle is left out.
  static let exclusionTime: UInt64 = 60_000

  /// - Parameter node: this one.
  public init(_ plan: [Contact], node: EndpointID) {
    self.node = node.routingNode ?? node
    graph = ContactGraph(plan)
  }

  /// Another plan: everything is routed anew.
  public func replacePlan(_ contacts: [Contact], now: UInt64) {
    graph = ContactGraph(contacts)
    queues = [:]
    unrouted = []
    nextLook = .max
    for sequence in planned.keys.sorted() {
      planned[sequence]?.route = nil
      if planned[sequence]?.handedOut == false { plan(sequence, now: now) }
    }
  }

  /// The way that a bundle is to take; nil when none leads to its destination in time.
  public func route(of sequence: UInt64) -> [Contact]? {
    planned[sequence]?.route?.contacts.map { graph.contacts[$0] }
  }

  /// Bundles to which no route leads in time.
  public var withoutRoute: Int { unrouted.count }

  /// A bundle is here and is to go on.
  public func add(_ bundle: RoutedBundle, now: UInt64) {
    planned[bundle.sequence] = Planned(bundle: bundle)
    plan(bundle.sequence, now: now)
  }

  private func plan(_ sequence: UInt64, now: UInt64) {
    guard var one = planned[sequence], let destination = one.bundle.destination.routingNode else { return }
    let moment = clock(now)
    one.excluded = one.excluded.filter { $0.value > moment }
    var request = ContactGraph.Request(
      from: node, to: destination, size: UInt64(one.bundle.size), now: now, deadline: one.bundle.deadline)
    request.priority = Int(one.bundle.priority)
    request.excluded = Set(one.excluded.keys)
    if let previous = one.bundle.previousNode?.routingNode { request.excluded.insert(previous) }
    one.route = graph.route(request)
    planned[sequence] = one
    guard let route = one.route, let first = route.contacts.first else {
      unrouted.insert(sequence)
      if let soonest = one.excluded.values.min() { includeAt = min(includeAt, soonest) }
      return
    }
    unrouted.remove(sequence)
    graph.book(route, size: request.size, priority: request.priority)
    enqueue(sequence, one.bundle.priority, for: graph.contacts[first].to)
    look(at: route, now: now)
  }

  /// The next look is due when the first contact of a route begins, then when it ends.
  private func look(at route: ContactGraph.Route, now: UInt64) {
    guard let first = route.contacts.first else { return }
    let start = graph.contacts[first].start
    nextLook = min(nextLook, start > now ? start : route.departsBy)
  }

  private func enqueue(_ sequence: UInt64, _ priority: UInt8, for hop: EndpointID) {
    var queue = queues.removeValue(forKey: hop) ?? []
    let place = queue.lastIndex { (planned[$0]?.bundle.priority ?? 0) >= priority }.map { $0 + 1 } ?? 0
    queue.insert(sequence, at: place)
    queues[hop] = queue
  }

  /// Takes a bundle off its route.
  private func unplan(_ sequence: UInt64) {
    guard let one = planned[sequence], let route = one.route, let first = route.contacts.first else { return }
    graph.cancel(route, size: UInt64(one.bundle.size), priority: Int(one.bundle.priority))
    queues[graph.contacts[first].to]?.removeAll { $0 == sequence }
    planned[sequence]?.route = nil
    planned[sequence]?.handedOut = false
  }

  /// A bundle is not here any more.
  public func remove(_ sequence: UInt64) {
    guard let one = planned[sequence] else { return }
    // What went out has used what it was promised.
    if !one.handedOut { unplan(sequence) }
    planned[sequence] = nil
    unrouted.remove(sequence)
    refusals.remove(sequence)
  }

  /// Contacts follow the plan; nothing is decided by a connection alone.
  public func connected(_ neighbour: EndpointID, now: UInt64) {}

  /// Bundles that were handed out for the neighbour wait again for their contact.
  public func disconnected(_ neighbour: EndpointID, now: UInt64) {
    for (sequence, one) in planned where one.handedOut {
      guard let first = one.route?.contacts.first, graph.contacts[first].to == neighbour else { continue }
      planned[sequence]?.handedOut = false
      enqueue(sequence, one.bundle.priority, for: neighbour)
    }
  }

  /// The next bundle for a neighbour whose contact has begun.
  public func next(for neighbour: EndpointID, now: UInt64) -> RoutingStep? {
    guard let queue = queues[neighbour] else { return nil }
    for (place, sequence) in queue.enumerated() {
      guard let one = planned[sequence], let first = one.route?.contacts.first else { continue }
      let contact = graph.contacts[first]
      guard contact.start <= now, now < contact.end, one.bundle.deadline > now else { continue }
      queues[neighbour]?.remove(at: place)
      planned[sequence]?.handedOut = true
      return .bundle(sequence: sequence, copies: nil)
    }
    return nil
  }

  /// The neighbour has stored a bundle: it is the neighbour's now.
  public func accepted(_ sequence: UInt64, by neighbour: EndpointID, now: UInt64) -> Retention { .remove }

  /// The neighbour has not taken a bundle: another way is looked for, without it for a while.
  public func failed(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    guard planned[sequence] != nil else { return }
    unplan(sequence)
    planned[sequence]?.excluded[neighbour] = clock(now) + Self.exclusionTime
    plan(sequence, now: now)
  }

  /// The neighbour does not want a bundle: another way is looked for, without it for longer and longer.
  public func refused(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    guard planned[sequence] != nil else { return }
    unplan(sequence)
    let again = refusals.refused(sequence, by: neighbour, now: clock(now))
    planned[sequence]?.excluded[neighbour] = max(again, clock(now) + Self.exclusionTime)
    plan(sequence, now: now)
  }

  /// Nothing follows from it here.
  public func seen(_ id: BundleID, at neighbour: EndpointID) {}
  /// Nothing follows from it here.
  public func delivered(_ id: BundleID, deadline: UInt64, now: UInt64) {}

  /// There are no messages.
  public func receive(_ message: [UInt8], from neighbour: EndpointID, now: UInt64) throws(BundleError) -> [UInt64] {
    []
  }

  /// When the first of the contacts begins or ends that bundles wait for.
  public var nextDeadline: UInt64? { nextLook == .max ? nil : nextLook }

  /// When a neighbour that was left out is asked again.
  public var nextRetry: UInt64? { includeAt == .max ? nil : includeAt }

  /// See the requirement.
  public func use(clock: @escaping () -> UInt64) { self.clock.read = clock }

  /// Contacts that were over may be still to come, and the other way round.
  public func clockWasSet(now: UInt64) {
    nextLook = .max
    for sequence in planned.keys.sorted() where planned[sequence]?.handedOut == false {
      unplan(sequence)
      plan(sequence, now: now)
    }
  }

  /// Bundles whose contact is over without them are routed anew.
  public func tick(now: UInt64) {
    guard now >= nextLook || clock(now) >= includeAt else { return }
    nextLook = .max
    includeAt = .max
    for sequence in planned.keys.sorted() {
      guard let one = planned[sequence], !one.handedOut else { continue }
      guard let route = one.route else {
        plan(sequence, now: now)
        continue
      }
      if route.departsBy <= now {
        unplan(sequence)
        plan(sequence, now: now)
      } else {
        look(at: route, now: now)
      }
    }
  }
}
