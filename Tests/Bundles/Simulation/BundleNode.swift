// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import BundleRouting
import BundleStore

/// A node of the simulations: a store in memory and routing, joined as a plugin joins them.
public final class BundleNode {
  /// Its name.
  public let node: EndpointID
  /// What it holds.
  public let store: BundleStore
  /// What decides where bundles go.
  public let routing: any RoutingProtocol
  /// Bundles for this node, in the order in which the application got them.
  public private(set) var delivered: [(id: BundleID, time: UInt64)] = []
  /// Bundles that it has handed to neighbours.
  public private(set) var handedOn = 0
  private var known: Set<BundleID> = []
  private var created: UInt64 = 0

  /// A node without bundles.
  public init(_ name: String, _ routing: any RoutingProtocol, limits: StoreLimits = StoreLimits()) {
    node = .dtn("//\(name)/")
    self.routing = routing
    store = BundleStore(limits: limits)
  }

  /// What is under way to a neighbour: a bundle of the store, or a message of the routing (nil).
  public struct Passage {
    /// The bundle's number in the store.
    public var sequence: UInt64?
    /// The encoded bundle.
    public var bytes: [UInt8]
  }

  /// A bundle of this node; nil when the store has no room.
  public func create(to destination: EndpointID, size: Int, lifetime: UInt64, now: UInt64) -> BundleID? {
    created += 1
    let primary = PrimaryBlock(
      destination: destination, source: node, timestamp: CreationTimestamp(time: now, sequence: created),
      lifetime: lifetime)
    var bundle = Bundle(primary: primary, payload: [UInt8](repeating: UInt8(truncatingIfNeeded: created), count: size))
    bundle.hopCount = HopCount(limit: 30, count: 0)
    return keep(bundle, marks: .own, from: nil, now: now) == .stored ? bundle.id : nil
  }

  private func keep(
    _ bundle: Bundle, marks: BundleRecord.Marks, from previous: EndpointID?, now: UInt64
  ) -> TransferVerdict {
    let bytes = bundle.encoded
    let record = BundleRecord(
      id: bundle.id, destination: bundle.primary.destination,
      deadline: bundle.primary.timestamp.time + bundle.primary.lifetime, marks: marks)
    switch store.admit(bytes, record, now: now) {
    case .admitted(let sequence, let evicted):
      for one in evicted { routing.remove(one) }
      guard store.collect().allSatisfy({ $0.error == nil }) else { return .refused(.noResources) }
      routing.add(
        RoutedBundle(
          sequence: sequence, id: bundle.id, destination: record.destination, deadline: record.deadline,
          size: bytes.count, previousNode: previous, copies: CopyBlock.read(bundle)), now: now)
      return .stored
    case .duplicate:
      if let previous { routing.seen(bundle.id, at: previous) }
      return .refused(.completed)
    case .expired: return .refused(.notAcceptable)
    case .full, .failed: return .refused(.noResources)
    }
  }

  /// The next thing for a neighbour.
  public func next(for neighbour: EndpointID, now: UInt64) throws -> Passage? {
    while let step = routing.next(for: neighbour, now: now) {
      switch step {
      case .message(let message):
        guard case .dtn(let part) = neighbour else { continue }
        created += 1
        let primary = PrimaryBlock(
          destination: .dtn("\(part)~routing"), source: node,
          timestamp: CreationTimestamp(time: now, sequence: created), lifetime: 60_000)
        return Passage(bytes: Bundle(primary: primary, payload: message).encoded)
      case .bundle(let sequence, let copies):
        let read = try store.withBundle(sequence) { bytes in
          Result { () throws(BundleError) in try Bundle(bytes) }
        }
        guard var bundle = try read?.get(), bundle.hopCount.map({ $0.count < UInt64($0.limit) }) ?? true else {
          continue
        }
        bundle.previousNode = node
        if let hops = bundle.hopCount { bundle.hopCount = HopCount(limit: hops.limit, count: hops.count + 1) }
        if let copies { CopyBlock.write(copies, into: &bundle) }
        return Passage(sequence: sequence, bytes: bundle.encoded)
      }
    }
    return nil
  }

  /// What a neighbour made of it.
  public func settled(_ passage: Passage, _ verdict: TransferVerdict, by neighbour: EndpointID, now: UInt64) throws {
    guard let sequence = passage.sequence else { return }
    switch verdict {
    case .stored, .refused(.completed):
      if verdict == .stored { handedOn += 1 }
      switch routing.accepted(sequence, by: neighbour, now: now) {
      case .remove: remove(sequence)
      case .keepReplicated:
        if let marks = try store.record(sequence)?.marks { try store.mark(sequence, marks.union(.replicated)) }
      }
    case .refused: routing.failed(sequence, for: neighbour, now: now)
    }
  }

  private func remove(_ sequence: UInt64) {
    store.remove(sequence)
    routing.remove(sequence)
  }

  /// Takes what a neighbour sent.
  public func receive(_ bytes: [UInt8], from neighbour: EndpointID, now: UInt64) throws -> TransferVerdict {
    let bundle = try Bundle(bytes)
    guard bundle.primary.destination.routingNode == node else {
      return keep(bundle, marks: [], from: neighbour, now: now)
    }
    if case .dtn(let part) = bundle.primary.destination, part.hasSuffix("/~routing") {
      for sequence in try routing.receive(bundle.payload, from: neighbour, now: now) { remove(sequence) }
      return .stored
    }
    routing.delivered(bundle.id, deadline: bundle.primary.timestamp.time + bundle.primary.lifetime, now: now)
    guard known.insert(bundle.id).inserted else { return .refused(.completed) }
    delivered.append((bundle.id, now))
    return .stored
  }

  /// Lets go of what is of no use any more.
  public func tick(now: UInt64) {
    for sequence in store.expired(now: now) { remove(sequence) }
    if let due = [routing.nextDeadline, routing.nextRetry].compactMap({ $0 }).min(), due <= now {
      routing.tick(now: now)
    }
  }
}
