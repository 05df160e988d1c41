// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Epidemic routing, spray and wait, and PRoPHET: copies go to several neighbours.
///
/// Two nodes that meet first tell each other what they hold and what is known to have arrived, then send what the other
/// lacks. One that tells nothing gets only what is for itself.
public final class ReplicationRouting: RoutingProtocol {
  /// A neighbour that can be reached.
  struct Neighbour {
    /// To be sent to it.
    var messages: [RoutingMessage] = []
    /// It is known to have these.
    var has = KnownBundles()
    /// It has told all that it holds.
    var hasTold = false
    /// From when on it is sent what is for itself though it has told nothing.
    var patience: UInt64
    /// Predictabilities that it told, with PRoPHET.
    var predictabilities: [EndpointID: Double] = [:]
    /// How far the bundles for itself, and all, were looked through.
    var directCursor = 0
    var cursor = 0
    /// Bundles for itself.
    var direct: [UInt64] = []
    /// How far it was told what is held here; nil once it was told all.
    var summaryCursor: Int? = 0
    /// Handed out for it, with the copies they stand for.
    var handedOut: [UInt64: UInt32] = [:]
  }

  let policy: ReplicationPolicy
  var bundles = ReplicatedBundles()
  var neighbours: [EndpointID: Neighbour] = [:]
  var arrived = DeliveredSet(limit: 65_536)
  var predictabilities: Predictabilities?
  private var retryAt: UInt64?
  var refusals = Refusals()
  var clock = IntervalClock()
  /// A neighbour's look through the bundles goes on with the next call.
  var isScanning = false

  /// Milliseconds for which a neighbour may be silent.
  static let patience: UInt64 = 5000
  /// Milliseconds until a neighbour that has not taken a bundle is asked again.
  static let retryTime: UInt64 = 10_000
  /// Bundles that are looked at in one call.
  static let scanLimit = 4096

  /// Routing that holds nothing yet.
  public init(_ policy: ReplicationPolicy) {
    self.policy = policy
    if case .prophet(let parameters) = policy { predictabilities = Predictabilities(parameters) }
  }

  /// A bundle is here and is to go on. One of others that is said to have arrived is not kept in mind.
  public func add(_ bundle: RoutedBundle, now: UInt64) {
    guard bundle.isOwn || arrived.count == 0 || !arrived.contains(bundle.id) else { return }
    if !bundles.add(bundle, copies: copies(bundle.copies, isOwn: bundle.previousNode == nil)) { rewind() }
    if !neighbours.isEmpty, let node = bundle.destination.routingNode {
      neighbours[node]?.direct.append(bundle.sequence)
    }
    if let previous = bundle.previousNode?.routingNode { neighbours[previous]?.has.insert(bundle.id) }
  }

  /// With a catalog the number is enough, as long as nobody has said anything.
  public func restore(_ sequence: UInt64, destination: EndpointID, copies known: UInt32?) -> Bool {
    guard bundles.catalog != nil, neighbours.isEmpty, arrived.count == 0 else { return false }
    return bundles.append(sequence, copies: copies(known, isOwn: true))
  }

  private func copies(_ known: UInt32?, isOwn: Bool) -> UInt32 {
    guard case .sprayAndWait(let all) = policy else { return 1 }
    return known ?? (isOwn ? all : 1)
  }

  /// Whether a bundle is known to be at its destination.
  public func hasArrived(_ id: BundleID) -> Bool { arrived.contains(id) }

  /// See the requirement.
  public func copies(of sequence: UInt64) -> UInt32? {
    if case .sprayAndWait = policy { bundles.held(sequence)?.copies } else { nil }
  }

  /// A bundle is not here any more.
  public func remove(_ sequence: UInt64) {
    refusals.remove(sequence)
    guard bundles.remove(sequence) else { return }
    for name in Array(neighbours.keys) { neighbours[name]?.handedOut[sequence] = nil }
    if bundles.sweep() { rewind() }
  }

  private func rewind() {
    for name in Array(neighbours.keys) {
      neighbours[name]?.cursor = 0
      neighbours[name]?.directCursor = 0
      // A summary that is under way begins anew: to be told twice does no harm.
      if neighbours[name]?.summaryCursor != nil { neighbours[name]?.summaryCursor = 0 }
    }
  }

  /// A neighbour can be reached from now on.
  public func connected(_ name: EndpointID, now: UInt64) {
    var neighbour = Neighbour(patience: clock(now) + Self.patience)
    refusals.forget(name)
    predictabilities?.met(name, now: clock(now))
    if let table = predictabilities?.table, !table.isEmpty {
      for start in stride(from: 0, to: table.count, by: BundleIdentities.limit) {
        let end = min(start + BundleIdentities.limit, table.count)
        neighbour.messages.append(.predictabilities(Array(table[start..<end])))
      }
    }
    let delivered = arrived.all(now: now).map { (id: $0, deadline: arrived.deadline($0) ?? 0) }
    for start in stride(from: 0, to: delivered.count, by: BundleIdentities.limit) {
      let end = min(start + BundleIdentities.limit, delivered.count)
      neighbour.messages.append(.delivered(Array(delivered[start..<end])))
    }
    neighbour.direct = bundles.forNode(name)
    neighbours[name] = neighbour
  }

  /// What is for itself goes at once.
  public func staysSilent(_ name: EndpointID) { neighbours[name]?.patience = 0 }

  /// Looks up bundles there instead of keeping them.
  public func use(_ catalog: any BundleCatalog, expected: Int) {
    bundles.catalog = catalog
    bundles.reserve(expected)
  }

  /// A neighbour cannot be reached any more.
  public func disconnected(_ neighbour: EndpointID, now: UInt64) { neighbours[neighbour] = nil }

  /// The neighbour has it already.
  public func seen(_ id: BundleID, at neighbour: EndpointID) { neighbours[neighbour]?.has.insert(id) }

  /// This node is the destination of a bundle and has it.
  public func delivered(_ id: BundleID, deadline: UInt64, now: UInt64) {
    learnArrival(id, deadline, now: now, from: nil)
  }

  /// Neighbours that do not know it yet are told.
  func learnArrival(_ id: BundleID, _ deadline: UInt64, now: UInt64, from teller: EndpointID?) {
    guard arrived.insert(id, deadline: deadline, now: now) else { return }
    for name in Array(neighbours.keys) where name != teller { neighbours[name]?.tellArrival(id, deadline) }
  }

  /// A message of the neighbour's routing.
  public func receive(
    _ message: [UInt8], from name: EndpointID, now: UInt64
  ) throws(BundleError) -> [UInt64] {
    guard let message = try RoutingMessage.read(message), neighbours[name] != nil else { return [] }
    switch message {
    case .summary(let isLast, let ids):
      for id in ids { neighbours[name]?.has.insert(id) }
      if isLast {
        neighbours[name]?.hasTold = true
        neighbours[name]?.cursor = 0
        neighbours[name]?.directCursor = 0
      }
    case .delivered(let entries):
      var gone: [UInt64] = []
      for entry in entries {
        learnArrival(entry.id, entry.deadline, now: now, from: name)
        if arrived.contains(entry.id), let sequence = bundles.sequence(entry.id) { gone.append(sequence) }
      }
      return gone
    case .predictabilities(let table):
      predictabilities?.age(now: clock(now))
      for (node, value) in table {
        let value = Double(value) / 65_535
        predictabilities?.learn(node, value, from: name)
        if neighbours[name]?.predictabilities.count ?? 0 < BundleIdentities.limit {
          neighbours[name]?.predictabilities[node] = value
        }
      }
      neighbours[name]?.cursor = 0
    }
    return []
  }

  /// The neighbour has not taken a bundle; it is asked again after a while.
  public func failed(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    neighbours[neighbour]?.handedOut[sequence] = nil
    retryAt = min(retryAt ?? .max, clock(now) + Self.retryTime)
  }

  /// The neighbour does not want a bundle; it is asked again after longer and longer.
  public func refused(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    neighbours[neighbour]?.handedOut[sequence] = nil
    let at = refusals.refused(sequence, by: neighbour, now: clock(now))
    retryAt = min(retryAt ?? at, at)
  }

  /// When a silent neighbour's time is over, or what was not taken is offered again.
  public var nextRetry: UInt64? {
    if isScanning { return 0 }
    let silent = neighbours.values.filter { !$0.hasTold && $0.patience != 0 }.map { $0.patience }.min()
    return [silent, retryAt].compactMap { $0 }.min()
  }

  /// No contact and no lifetime asks for anything.
  public var nextDeadline: UInt64? { nil }
  /// See the requirement.
  public func use(clock: @escaping () -> UInt64) { self.clock.read = clock }

  /// Does what the time asks for.
  public func tick(now: UInt64) {
    isScanning = false
    let moment = clock(now)
    for (name, neighbour) in neighbours where !neighbour.hasTold && neighbour.patience <= moment {
      neighbours[name]?.patience = 0
    }
    guard let at = retryAt, moment >= at else { return }
    retryAt = refusals.next(after: moment)
    rewind()
  }
}

extension ReplicationRouting.Neighbour {
  /// Messages that wait for a neighbour at most; of arrivals it hears the rest when it comes anew.
  private static let messageLimit = 64

  mutating func tellArrival(_ id: BundleID, _ deadline: UInt64) {
    // Those that follow one another share a message.
    if case .delivered(let entries)? = messages.last, entries.count < BundleIdentities.limit {
      messages[messages.count - 1] = .delivered(entries + [(id, deadline)])
    } else if messages.count < Self.messageLimit {
      messages.append(.delivered([(id, deadline)]))
    }
  }
}
