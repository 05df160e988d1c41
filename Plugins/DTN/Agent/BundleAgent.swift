// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// A node of the bundle protocol behind a node of the mesh: envelopes become bundles in the store, bundles for this
/// node become envelopes, and neighbours get what is for them. It touches no socket and no clock.
///
/// An envelope's token is the sequence number of its bundle's creation timestamp, so that it survives with the bundle.
public final class BundleAgent {
  unowned(unsafe) let host: any AgentHost
  var settings: AgentSettings
  let store: BundleStore
  /// This node's public key.
  let key: [UInt8]
  let node: EndpointID
  let envelopes: EndpointID
  /// What bundles are routed by: one protocol, or a table of those in `routes`.
  var routing: any RoutingProtocol
  var routes: [Route]

  /// Numbers in the store of envelopes of this node, by token.
  var own: [UInt64: UInt64] = [:]
  /// Tokens of those that are not on disk yet, by number.
  var unstored: [UInt64: UInt64] = [:]
  /// Bundles for this node: what the host was told of, by number.
  var offered: Set<UInt64> = []
  /// Those that the host did not take; offered again after `retry`.
  var postponed: Set<UInt64> = []
  /// Transfers that are answered once they are on disk, by number.
  var unanswered: [UInt64: [(neighbour: [UInt8], number: UInt64)]] = [:]
  /// What was for this node and is known not to be wanted again, however it is routed: one that comes again after it was
  /// read, because its sender has not heard of that, goes no further. Until their lifetimes are over.
  var arrivedHere = DeliveredSet(limit: 65_536)
  /// Whole bundles that found no room, and when they are put together again.
  var wholesWithoutRoom: Set<Whole> = []
  var wholesAt: UInt64 = .max
  /// How far the clock of days was ahead of the steady one, while it is known.
  var clockLead: Int64?
  /// Fragments for this node that wait for the rest of their bundle, and by their bundle.
  var fragments: Set<UInt64> = []
  /// How many have gone.
  var fragmentsGone: UInt64 = 0
  var wholes: [Whole: FragmentVersions] = [:]
  var neighbours: [[UInt8]: Neighbour] = [:]
  /// Neighbours that were refused for want of room.
  var refusedForRoom: Set<[UInt8]> = []
  /// When they are told to try again in any case, by the steady clock as `wholesAt` is.
  var roomAt: UInt64 = .max
  /// Answers that the session did not take.
  var unsent: [(message: NeighbourMessage, key: [UInt8])] = []
  /// Peers whose messages wait at the host.
  var waitingPeers: Set<[UInt8]> = []
  /// Number of the last transfer to any neighbour. It begins anywhere: other lives of the agent had other numbers.
  var lastTransfer = UInt64.random(in: 1..<(1 << 62))
  /// Tells this life from others of the agent.
  let life = UInt64.random(in: 1...(.max))
  /// Number of the last bundle that was made for a person.
  var lastMade: UInt64 = 0
  /// What became of bundles that were made for a person, by number: `MESH_E_AGAIN` until the disk has answered.
  var made: [UInt64: Int32] = [:]
  /// Status reports that may still be sent.
  var reportBudget: ReportBudget
  /// Deletions at the door that were reported.
  var toldAtDoor: Set<BundleID> = []
  /// Why a block of a bundle could not be processed, where it asks for a report of that; by number.
  var unprocessed: [UInt64: StatusReason] = [:]
  let evicted = EvictedBundles()
  var security: SecurityPolicy
  /// Status reports that came back, the last ones.
  public internal(set) var heard: [HeardReport] = []
  /// Bundles that could not be read, told once.
  var complaints: Set<UInt64> = []

  /// What it has done since the start.
  public internal(set) var figures = AgentFigures()

  /// An agent over a store, for the node with this public key; nil unless the key are 32 bytes.
  public init?(key: [UInt8], store: BundleStore, settings: AgentSettings, host: any AgentHost) {
    guard let node = NodeEndpoint.node(key), let envelopes = NodeEndpoint.envelopes(key) else { return nil }
    self.key = key
    self.node = node
    self.envelopes = envelopes
    self.store = store
    self.settings = settings
    self.host = host
    routes = Self.makeRoutes(settings, node: settings.otherName?.node ?? node)
    routing = Self.routing(of: routes)
    routing.use { [unowned host] in host.steadyTime }
    security = SecurityPolicy(rules: settings.security)
    reportBudget = ReportBudget(perMinute: settings.reportsPerMinute)
    if settings.reports.contains(.reportDeletion) { store.evicting = { [evicted] in evicted.note($0) } }
  }

  /// Reports what earlier lives have left (MCA-04). Called once, before anything else.
  public func restore() {
    lookAtClocks()
    tellDamaged()
    for one in store.takeRead() { arrivedHere.insert(one.id, deadline: one.deadline, now: host.bundleTime) }
    routing.use(catalog, expected: store.count)
    // Most of a million bundles are for the same few.
    var last: (destination: EndpointID, isHere: Bool)?
    store.forEach { one in
      if last?.destination != one.destination { last = (one.destination, isHere(one.destination)) }
      let isHere = last?.isHere == true
      let isOwn = one.marks.contains(.own)
      let copies = isOwn ? one.copies : one.copies ?? 1
      let isRouted = !isHere && routing.restore(one.sequence, destination: one.destination, copies: copies)
      // Of most of them the disk need not be asked.
      guard isOwn || !isRouted, let record = record(one.sequence) else { return }
      if isHere {
        gather(one.sequence, record)
      } else if !isRouted {
        route(one.sequence, record, size: store.size(of: one.sequence) ?? 0, from: nil)
      }
      guard isOwn, record.id.source == node else { return }
      own[record.id.timestamp.sequence] = one.sequence
      host.report(record.id.timestamp.sequence, MESH_CARRIER_STORED, MESH_OK)
    }
  }

  /// Why the store takes nothing any more.
  public var fault: StoreError? { store.fault }
  /// Bundles that are kept.
  public var bundleCount: Int { store.count }
  /// Bytes of them.
  public var bundleBytes: UInt64 { store.bytes }
  /// How full the quotas are: of all, by priority, of the neighbours, and of the nodes that use most.
  public func usage(nodes limit: Int) -> [QuotaUsage] { store.usage(nodes: limit) }
  /// Nodes that bundles can go to.
  public var neighbourCount: Int { neighbours.values.count { !$0.isDeaf } }

  /// Takes an envelope for a node: see `submit` in mesh_carrier.h.
  public func submit(
    _ envelope: UnsafeRawBufferPointer, for recipient: [UInt8], token: UInt64, lifetime: UInt64, trafficClass: UInt32
  ) -> Int32 {
    guard let destination = NodeEndpoint.envelopes(recipient), lifetime > 0 else { return MESH_E_INVALID }
    guard own[token] == nil else { return MESH_E_EXISTS }
    guard envelope.count + 1024 <= settings.largestBundle else { return MESH_E_MTU }
    let now = host.bundleTime
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: destination, source: node, timestamp: CreationTimestamp(time: now, sequence: token),
        lifetime: lifetime), payload: Array(envelope))
    bundle.hopCount = HopCount(limit: settings.hopLimit, count: 0)
    if now == 0 { bundle.age = 0 }
    guard protect(&bundle) else { return MESH_E_STATE }
    let record = BundleRecord(
      id: bundle.id, destination: destination, deadline: Self.deadline(of: bundle, now: now),
      priority: Self.priority(trafficClass), marks: .own)
    switch store.admit(bundle.encoded, record, now: now) {
    case .admitted(let sequence, let evicted):
      own[token] = sequence
      unstored[sequence] = token
      figures.accepted += 1
      evict(evicted)
      return MESH_OK
    case .duplicate: return MESH_E_EXISTS
    case .expired: return MESH_E_INVALID
    case .full:
      figures.refused += 1
      return MESH_E_LIMIT
    case .failed: return MESH_E_IO
    }
  }

  /// Gives an envelope of this node up.
  public func cancel(_ token: UInt64) -> Int32 {
    guard let sequence = own[token] else { return MESH_E_STALE }
    remove(sequence, reporting: .reportDeletion, reason: .cancelled)
    own[token] = nil
    unstored[sequence] = nil
    host.report(token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED)
    return MESH_OK
  }

  /// The host's word on an envelope that arrived.
  public func settle(_ id: [UInt8], _ status: Int32) -> Int32 {
    guard let sequence = Self.sequence(id), offered.contains(sequence) else { return MESH_E_STALE }
    if status == MESH_E_AGAIN {
      offered.remove(sequence)
      postponed.insert(sequence)
    } else {
      if status == MESH_OK { figures.delivered += 1 }
      if status == MESH_OK { remove(sequence, reporting: .reportDelivery) } else { remove(sequence) }
    }
    return MESH_OK
  }

  /// Offers again what was not taken, at the next `turn`.
  public func retry() { postponed = [] }

  /// Offers bundles for this node to the host.
  func offer() {
    for sequence in store.waiting(for: envelopes, limit: offered.count + postponed.count + fragments.count + 256) {
      guard !offered.contains(sequence), !postponed.contains(sequence), unanswered[sequence] == nil,
        unstored[sequence] == nil, !fragments.contains(sequence)
      else { continue }
      // A bundle is offered once it is on disk: until then it may still go.
      guard let bundle = bundle(sequence) else {
        postponed.insert(sequence)
        continue
      }
      if host.arrived(Self.id(sequence), bundle.payload) {
        offered.insert(sequence)
      } else {
        postponed.insert(sequence)
      }
    }
  }

  /// - Parameter isRead: a service of this node had it, and will not want it again.
  func remove(_ sequence: UInt64, isRead: Bool = false) {
    if isRead, let record = record(sequence), record.id.fragment == nil, isHere(record.destination) {
      store.remove(read: sequence, record, now: host.bundleTime)
    } else {
      store.remove(sequence)
    }
    complaints.remove(sequence)
    offered.remove(sequence)
    postponed.remove(sequence)
    if fragments.remove(sequence) != nil { fragmentsGone += 1 }
    routing.remove(sequence)
    tellRoom()
  }

  static func id(_ sequence: UInt64) -> [UInt8] {
    var id = [UInt8](repeating: 0, count: Int(MESH_CARRIER_ID_SIZE))
    withUnsafeBytes(of: sequence.littleEndian) { id.replaceSubrange(0..<8, with: $0) }
    return id
  }

  static func sequence(_ id: [UInt8]) -> UInt64? {
    guard id.count == Int(MESH_CARRIER_ID_SIZE), id[8...].allSatisfy({ $0 == 0 }) else { return nil }
    return id.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
  }

  static func priority(_ trafficClass: UInt32) -> BundlePriority {
    switch trafficClass {
    case MESH_TCLASS_BULK, MESH_TCLASS_BACKGROUND: .bulk
    case MESH_TCLASS_NORMAL: .normal
    default: .expedited
    }
  }

  /// When a bundle is of no use: by its clock, or by its age where its maker had none.
  static func deadline(of bundle: Bundle, now: UInt64) -> UInt64 {
    let start = bundle.primary.timestamp.time
    let lifetime = bundle.primary.lifetime
    let from = start > 0 ? start : now - min(now, bundle.age ?? 0)
    return from > .max - lifetime ? .max : from + lifetime
  }
}

/// What an agent has done since the start.
public struct AgentFigures: Equatable, Sendable {
  /// Envelopes of this node that were taken.
  public var accepted: UInt64 = 0
  /// Bundles that were not taken for want of room.
  public var refused: UInt64 = 0
  /// Bundles that came from neighbours.
  public var received: UInt64 = 0
  /// Bundles that came again.
  public var duplicates: UInt64 = 0
  /// Bundles for this node that were refused because of their security.
  public var insecure: UInt64 = 0
  /// Bundles that neighbours have taken.
  public var forwarded: UInt64 = 0
  /// Envelopes that the host has taken.
  public var delivered: UInt64 = 0
  /// Status reports that were sent.
  public var reportsSent: UInt64 = 0
  /// Status reports that were asked for and not sent: there were too many, or there was no room.
  public var reportsHeldBack: UInt64 = 0
  /// Status reports that came.
  public var reportsHeard: UInt64 = 0
  /// Bundles whose lifetime has passed.
  public var expired: UInt64 = 0
  /// Bundles of others that are known to have arrived.
  public var purged: UInt64 = 0
  /// Bundles that the echo service has sent back.
  public var echoed: UInt64 = 0
  /// Bundles that made room for others.
  public var evicted: UInt64 = 0
}
