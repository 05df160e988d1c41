// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshTransportManager
import MeshWire

/// A node without its sockets: sessions, streams and the choice of paths, driven by events and a clock from outside.
///
/// The same code runs behind the plugin host and in the simulator. After any number of calls, and at `nextDeadline`,
/// the driver calls `endTurn`, which carries out decisions and writes packets.
public final class NodeCore {
  /// The node's key.
  public let identity: Identity
  /// Its sessions.
  public let endpoint: SessionEndpoint
  /// The choice of paths.
  public let transports: TransportManager
  /// Who owns the links. Sets this to nil before it goes: a weak reference would make each of its counts, of which a
  /// packet causes several, take the slow path.
  public unowned(unsafe) var driver: (any LinkDriver)?
  /// Who wants to know; sets this to nil before it goes.
  public unowned(unsafe) var observer: (any NodeObserver)?
  /// For multiplexers of new sessions.
  public var multiplexerOptions: MultiplexerOptions
  /// Take peers that are not in the list.
  public var acceptsUnknownPeers = false
  /// Most peers known at once.
  public var peerLimit: Int
  /// Most sessions at once; further peers are refused, and messages to them.
  public var sessionLimit = Int.max

  /// Every known peer by name.
  public private(set) var peers: [NodeID: Peer] = [:]
  var peersByHandle: [PeerHandle: Peer] = [:]
  var servers: [String: any ProtocolServer] = [:]
  var lastHandle: UInt64 = 0
  var links: [UInt64: LinkState] = [:]
  var linkOfAttempt: [AttemptHandle: UInt64] = [:]
  var dirty: [SecureLink] = []
  /// The time of the turn, for callbacks that do not carry it.
  var now: UInt64 = 0
  var transportsChanged = true
  /// Peers that were dialled in this turn.
  var dialled: [NodeID] = []
  /// The round trips last told to the transport manager, by link.
  var rttReported: [UInt64: UInt64] = [:]
  private var roundTripsAt: UInt64 = 0
  private var transportDeadline: UInt64 = 0
  /// What sessions that are over had given up.
  var endedDrops = (messages: UInt64(0), datagrams: UInt64(0))
  let random: RandomBytes
  /// For those that the node keeps.
  public let backlink = Backlink<NodeCore>()
  /// Requests of this node to peers.
  private(set) lazy var requests = OutgoingRequests(node: self)
  /// Messages that travel with carriers.
  public private(set) lazy var carriage = Carriage(core: self, random: random)
  /// Requests of peers to this node.
  private(set) lazy var servedRequests = ServedRequests(node: self)

  /// These three without a count: every turn asks all of them, and they go with the node.
  private lazy var parts = (
    requests: Unmanaged.passUnretained(requests), served: Unmanaged.passUnretained(servedRequests),
    carriage: Unmanaged.passUnretained(carriage)
  )

  /// What the core remembers of a link.
  struct LinkState {
    var transport: String
    var address: String
    var attempt: AttemptHandle?
    var peer: NodeID?
    var capabilities = PathCapabilities()
    var isConfirmed = false
  }

  /// A node without peers. `random` drives keys, jitter and numbers: the same source and events give the same node.
  /// `incarnation` must be larger than in every earlier life of this identity; see `SessionEndpoint`.
  public init(
    identity: Identity, incarnation: UInt64, policy: TransportPolicy, session: SessionOptions = SessionOptions(),
    multiplexer: MultiplexerOptions = MultiplexerOptions(), timers: TransportTimers = TransportTimers(),
    peerLimit: Int = 1024, random: RandomBytes = .system
  ) {
    self.identity = identity
    var options = session
    options.parameters = multiplexer.parameters
    endpoint = SessionEndpoint(identity: identity, incarnation: incarnation, options: options, random: random)
    var limits = TransportLimits()
    limits.peers = peerLimit
    transports = TransportManager(policy: policy, seed: random.uint64(), timers: timers, limits: limits)
    multiplexerOptions = multiplexer
    self.peerLimit = peerLimit
    self.random = random
    endpoint.delegate = self
    backlink.lead(to: self)
  }

  deinit {
    backlink.clear()
    endpoint.delegate = nil
    // A link that says goodbye may keep its session, and that its multiplexer.
    for session in endpoint.sessions.values { (session.frames as? Multiplexer)?.detach() }
  }

  // MARK: peers

  /// Adds a peer or changes what is known of it.
  @discardableResult
  public func setPeer(_ id: NodeID, name: String = "", addresses: [PeerAddress], now: UInt64) throws(NodeError) -> Peer
  {
    let peer = try self.peer(id, isKnown: true)
    peer.isKnown = true
    peer.name = name
    peer.addresses = addresses
    _ = transports.setPeer(peer.handle, addresses: addresses, dialsWin: identity.id < id, now: now)
    transportsChanged = true
    return peer
  }

  func peer(_ id: NodeID, isKnown: Bool) throws(NodeError) -> Peer {
    if let peer = peers[id] { return peer }
    guard peers.count < peerLimit else { throw .peerLimit }
    lastHandle += 1
    let peer = Peer(id: id, handle: PeerHandle(rawValue: lastHandle), name: "", addresses: [], isKnown: isKnown)
    peers[id] = peer
    peersByHandle[peer.handle] = peer
    return peer
  }

  /// Forgets a peer: its session ends, and it may not come back under `access: known`.
  public func removePeer(_ id: NodeID, now: UInt64) {
    self.now = now
    guard let peer = peers[id] else { return }
    let wasConnected = !peer.links.isEmpty
    transports.removePeer(peer.handle, now: now)
    transportsChanged = true
    peers[id] = nil
    peersByHandle[peer.handle] = nil
    if let session = peer.session { endpoint.end(session, code: CloseCode.done, now: now) }
    requests.peerRemoved(id, now: now)
    servedRequests.peerRemoved(peer, now: now)
    // Its links end as those of nobody, who is told of no last one.
    if wasConnected { observer?.peer(peer, isConnected: false, now: now) }
  }

  /// A session with the peer is wanted from now on, whether there is traffic or not.
  public func want(_ id: NodeID, now: UInt64) {
    guard let peer = peers[id] else { return }
    transports.wants(peer.handle, now: now)
    transportsChanged = true
  }

  /// A person has said that the peer can be reached now: nothing waits that was refused or failed.
  public func tryAgain(_ id: NodeID, now: UInt64) {
    guard let peer = peers[id] else { return }
    transports.tryAgain(peer.handle, now: now)
    transportsChanged = true
  }

  /// Nobody needs a session with the peer now; its links are closed.
  public func unwant(_ id: NodeID, now: UInt64) {
    guard let peer = peers[id] else { return }
    transports.unwanted(peer.handle, now: now)
    transportsChanged = true
  }

  /// The configuration of transports has changed.
  public func setPolicy(_ policy: TransportPolicy, now: UInt64) {
    transports.setPolicy(policy, now: now)
    transportsChanged = true
  }

  /// See `TransportManager.setThrift`.
  public func setThrift(_ thrift: Thrift, now: UInt64) {
    transports.setThrift(thrift, now: now)
    transportsChanged = true
  }

  /// The peer with this number.
  public func peer(_ handle: PeerHandle) -> Peer? { peersByHandle[handle] }

  // MARK: turns

  /// When `advance` has to be called at the latest; `UInt64.max` when nothing waits.
  public var nextDeadline: UInt64 {
    let parts = parts
    return min(
      min(endpoint.nextDeadline, transportDeadline), parts.requests._withUnsafeGuaranteedRef { $0.nextDeadline },
      parts.served._withUnsafeGuaranteedRef { $0.nextDeadline },
      parts.carriage._withUnsafeGuaranteedRef { $0.nextDeadline })
  }

  /// Does what is due by now.
  public func advance(now: UInt64) {
    self.now = now
    endpoint.advance(now: now)
    if now >= roundTripsAt {
      roundTripsAt = now + 1_000_000_000
      reportRoundTrips(now: now)
    }
    if now >= transportDeadline {
      transports.advance(now: now)
      transportsChanged = true
    }
    requests.advance(now: now)
    servedRequests.advance(now: now)
    if carriage.nextDeadline <= now { carriage.advance(now: now) }
  }

  /// Carries out the decisions of this turn and writes all packets that may leave.
  public func endTurn(now: UInt64) {
    self.now = now
    parts.carriage._withUnsafeGuaranteedRef { $0.endTurn(now: now) }
    // Writing packets and carrying out decisions can each give the other something to do.
    for _ in 0..<4 {
      if transportsChanged { carryOut(now: now) }
      if !writePackets(now: now), !transportsChanged { break }
    }
    // Last, so that nothing waits for it.
    for peer in dialled { endpoint.prepareHandshake(with: peer, now: now) }
    if !dialled.isEmpty { dialled.removeAll(keepingCapacity: true) }
  }

  private func carryOut(now: UInt64) {
    transportsChanged = false
    for command in transports.takeCommands() { carryOut(command, now: now) }
    transportDeadline = transports.nextDeadline ?? .max
  }

  /// Returns whether any link had something to do.
  private func writePackets(now: UInt64) -> Bool {
    endpoint.takeDirtyLinks(into: &dirty)
    guard !dirty.isEmpty, let driver else { return false }
    for index in dirty.indices {
      Unmanaged.passUnretained(dirty[index])._withUnsafeGuaranteedRef { writePackets(of: $0, driver, now: now) }
    }
    driver.flush()
    return true
  }

  private func writePackets(of link: SecureLink, _ driver: any LinkDriver, now: UInt64) {
    guard link.state == .closed || endpoint.mayHavePacket(on: link) else { return }
    let size = link.characteristics.mtu
    while true {
      let lanes = driver.lanesWithCredit(link.id, size: size)
      guard !lanes.isEmpty, let space = driver.acquire(link.id, size: size) else { break }
      let packet = endpoint.nextPacket(on: link, into: space, lanes: lanes, now: now)
      guard packet.length > 0 else {
        driver.abandon()
        break
      }
      driver.commit(link.id, length: packet.length, lane: packet.lane, trafficClass: packet.trafficClass.rawValue)
    }
    if link.state == .closed, links[link.id] != nil {
      driver.flush()
      finish(link, now: now)
    }
  }
}
