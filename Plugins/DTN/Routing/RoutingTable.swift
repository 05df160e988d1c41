// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Several routing protocols side by side, one for each kind of destination: the first entry whose pattern fits has the
/// bundle. Where several talk, messages carry the number of their entry before them, so both sides list the protocols that
/// talk in the same order.
public final class RoutingTable: RoutingProtocol {
  /// One protocol and its destinations.
  public struct Entry {
    /// Which destinations.
    public var destinations: EndpointPattern
    /// By what they are reached.
    public var routing: any RoutingProtocol

    /// An entry.
    public init(_ destinations: EndpointPattern, _ routing: any RoutingProtocol) {
      self.destinations = destinations
      self.routing = routing
    }
  }

  private let entries: [Entry]
  /// The place of the only entry that talks, if there is one: its messages are those of a node without a table.
  private let onlyTalker: Int?
  /// Without a catalog, whose a bundle is.
  private var owners: [UInt64: Int] = [:]
  private var catalog: (any BundleCatalog)?

  /// A table; at most 256 entries. A bundle that none fits stays until its lifetime has passed.
  public init(_ entries: [Entry]) {
    precondition(entries.count <= 256)
    self.entries = entries
    let talkers = entries.indices.filter { entries[$0].routing is ReplicationRouting }
    onlyTalker = talkers.count == 1 ? talkers[0] : nil
  }

  /// Whether a bundle is known to be at its destination.
  public func hasArrived(_ id: BundleID) -> Bool {
    entries.contains { ($0.routing as? ReplicationRouting)?.hasArrived(id) ?? false }
  }

  /// The place of the entry that a destination belongs to.
  public func entry(for destination: EndpointID) -> Int? {
    entries.firstIndex { $0.destinations.matches(destination) }
  }

  private func owner(_ sequence: UInt64) -> (any RoutingProtocol)? {
    let place = catalog == nil ? owners[sequence] : catalog?.destination(of: sequence).flatMap { entry(for: $0) }
    return place.map { entries[$0].routing }
  }

  /// A bundle is here and is to go on.
  public func add(_ bundle: RoutedBundle, now: UInt64) {
    guard let place = entry(for: bundle.destination) else { return }
    if catalog == nil { owners[bundle.sequence] = place }
    entries[place].routing.add(bundle, now: now)
  }

  /// What the bundle's entry says.
  public func restore(_ sequence: UInt64, destination: EndpointID, copies: UInt32?) -> Bool {
    guard let place = entry(for: destination) else { return true }
    guard entries[place].routing.restore(sequence, destination: destination, copies: copies) else { return false }
    if catalog == nil { owners[sequence] = place }
    return true
  }

  /// A bundle is not here any more.
  public func remove(_ sequence: UInt64) {
    if let place = owners.removeValue(forKey: sequence) { return entries[place].routing.remove(sequence) }
    // The catalog may not know it any more: whose it is knows it.
    if catalog != nil { for entry in entries { entry.routing.remove(sequence) } }
  }

  /// A neighbour can be reached from now on.
  public func connected(_ neighbour: EndpointID, now: UInt64) {
    for entry in entries { entry.routing.connected(neighbour, now: now) }
  }

  /// A neighbour will not say anything.
  public func staysSilent(_ neighbour: EndpointID) { for entry in entries { entry.routing.staysSilent(neighbour) } }

  /// A neighbour cannot be reached any more.
  public func disconnected(_ neighbour: EndpointID, now: UInt64) {
    for entry in entries { entry.routing.disconnected(neighbour, now: now) }
  }

  /// What to send to a neighbour next, by the first entry that has something.
  public func next(for neighbour: EndpointID, now: UInt64) -> RoutingStep? {
    for (place, entry) in entries.enumerated() {
      switch entry.routing.next(for: neighbour, now: now) {
      case .message(let message)?: return .message(place == onlyTalker ? message : [UInt8(place)] + message)
      case let step?: return step
      case nil: continue
      }
    }
    return nil
  }

  /// The neighbour has stored a bundle.
  public func accepted(_ sequence: UInt64, by neighbour: EndpointID, now: UInt64) -> Retention {
    owner(sequence)?.accepted(sequence, by: neighbour, now: now) ?? .remove
  }

  /// The neighbour has not taken a bundle.
  public func failed(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    owner(sequence)?.failed(sequence, for: neighbour, now: now)
  }

  /// The neighbour does not want a bundle.
  public func refused(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    owner(sequence)?.refused(sequence, for: neighbour, now: now)
  }

  /// A neighbour sent a bundle that is here already.
  public func seen(_ id: BundleID, at neighbour: EndpointID) {
    for entry in entries { entry.routing.seen(id, at: neighbour) }
  }

  /// This node is the destination of a bundle and has it.
  public func delivered(_ id: BundleID, deadline: UInt64, now: UInt64) {
    for entry in entries { entry.routing.delivered(id, deadline: deadline, now: now) }
  }

  /// A message of the neighbour's routing.
  public func receive(_ message: [UInt8], from neighbour: EndpointID, now: UInt64) throws(BundleError) -> [UInt64] {
    if let onlyTalker { return try entries[onlyTalker].routing.receive(message, from: neighbour, now: now) }
    guard let place = message.first, Int(place) < entries.count else { return [] }
    return try entries[Int(place)].routing.receive(Array(message.dropFirst()), from: neighbour, now: now)
  }

  /// The earliest of the entries'.
  public var nextDeadline: UInt64? { entries.compactMap { $0.routing.nextDeadline }.min() }

  /// The earliest of the entries'.
  public var nextRetry: UInt64? { entries.compactMap { $0.routing.nextRetry }.min() }

  /// For each entry.
  public func use(clock: @escaping () -> UInt64) { for entry in entries { entry.routing.use(clock: clock) } }

  /// For each entry.
  public func clockWasSet(now: UInt64) { for entry in entries { entry.routing.clockWasSet(now: now) } }

  /// Tells by the catalogue whose a bundle is, of entries that are in use already.
  public func look(in catalog: any BundleCatalog) { self.catalog = catalog }

  /// Each entry looks up its bundles there.
  public func use(_ catalog: any BundleCatalog, expected: Int) {
    self.catalog = catalog
    for entry in entries { entry.routing.use(catalog, expected: entries.count == 1 ? expected : 0) }
  }

  /// What the bundle's entry says.
  public func copies(of sequence: UInt64) -> UInt32? { owner(sequence)?.copies(of: sequence) }

  /// Does what the time asks for.
  public func tick(now: UInt64) { for entry in entries { entry.routing.tick(now: now) } }
}
