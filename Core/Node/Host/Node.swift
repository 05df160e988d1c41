// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshPluginHost
import MeshSession
import MeshTransportManager
import MeshWire

/// A node with everything around it: drives `NodeCore` with the event loop's time and the plugin host's links.
///
/// Everything belongs to the loop's thread. Whatever changes something calls `wantTurn`, so that decisions are carried
/// out and packets leave before the loop waits again.
public final class Node: EventHandler {
  /// The loop whose thread owns the node.
  public let loop: EventLoop
  /// Where packets are kept.
  public let pool: BufferPool
  /// Sessions, streams and paths.
  public let core: NodeCore
  /// The node's key.
  public let identity: Identity
  /// Where it tells what happens.
  public let log: Log
  /// What it counts.
  public let metrics: NodeMetrics
  /// The configuration in force.
  public internal(set) var configuration: Configuration
  /// Monotonic nanoseconds of the start.
  public let startedAt: UInt64
  /// The transports, in the order of the file.
  public internal(set) var transports: [NodeTransport] = []
  /// By the number that the core knows; those that are gone stay nil.
  var transportsByIndex: [NodeTransport?] = []
  /// Called once when the node has stopped.
  public var onStopped: (() -> Void)?
  /// Called when a peer has become connected or lost its last link.
  public var onPeer: ((Peer, Bool) -> Void)?
  /// What applications have said about the machine.
  public var hints = NodeHints() { didSet { hintsChanged() } }
  var listeners: [NodeListener] = []

  /// For blocking work, such as files.
  public let offloadPool: OffloadPool
  /// The plugins.
  public private(set) var host: PluginHost!
  var links: [NodeLink] = []
  /// Links whose slot has another link already, until their end is told.
  var displaced: [UInt64: NodeLink] = [:]
  let batch: UnsafeMutableBufferPointer<mesh_buf>
  var batchCount = 0
  var store: PeerStore
  /// Until the node has stopped.
  var stateLock: StateLock?
  let outgoing = OutgoingMessages()
  lazy var windowFile = WindowFile(path: "\(configuration.node.state)/carriage")
  let windowNews = WindowNews()
  let later: Afterwards
  /// Protocols that plugins serve, by name.
  var pluginProtocols: [String: PluginProtocol] = [:]
  var nextToken: UInt64 = 0
  var stopPhase = StopPhase.running
  var stopDeadline: UInt64 = 0
  var nextStopPoll: UInt64 = 0
  var areInstancesStopping = false
  var networkWatch: NetworkWatch?
  var isNetworkSettling = false
  /// CLOCK_BOOTTIME less CLOCK_MONOTONIC when last looked at.
  var sleepOffset: Int64 = 0
  var recordsUnsaved = false
  var recordSequence: UInt64 = 0
  /// The own record that was signed last, and what it says.
  var lastRecord: (addresses: [String], issued: UInt64, signed: [UInt8])?
  private var isTurnWanted = false
  private var deadlineTimer: TimerID?
  private var armedDeadline: UInt64 = .max

  /// Packets handed to a plugin at once.
  static let batchLimit = 64

  enum StopPhase { case running, draining, closing, stopped }

  /// Timers of this class, in the low byte of the token.
  enum TimerKind: UInt64 { case core = 0, listener, housekeeping, network, stop }

  /// Makes a node on a loop, with its key, which is made when the file is missing. Nothing is opened yet.
  public init(configuration: Configuration, loop: EventLoop, log: Log) throws(NodeStartError) {
    self.configuration = configuration
    self.loop = loop
    later = Afterwards(loop)
    self.log = log
    startedAt = loop.now
    do throws(MetricsError) { metrics = try NodeMetrics() } catch { throw NodeStartError("a metric: \(error)") }
    try Node.makeFolder(configuration.node.state)
    stateLock = try StateLock(configuration.node.state, log: log)
    identity = try Node.loadIdentity(configuration.node.identity, log: log)
    guard let pool = BufferPool() else { throw NodeStartError("there is no memory for packet buffers") }
    self.pool = pool
    offloadPool = OffloadPool(threads: 2)
    batch = .allocate(capacity: Node.batchLimit)
    batch.initialize(repeating: mesh_buf())
    store = PeerStore(folder: configuration.node.state)
    let incarnation = try IncarnationFile.next(
      in: configuration.node.state, time: IncarnationFile.time(), log: log)
    core = NodeCore(
      identity: identity, incarnation: incarnation, policy: TransportPolicy(transports: []),
      session: Node.sessionOptions(configuration),
      multiplexer: Node.multiplexerOptions(configuration), peerLimit: configuration.node.maxPeers)
    super.init()
    core.acceptsUnknownPeers = configuration.node.access == .open
    core.sessionLimit = configuration.node.maxSessions
    core.driver = self
    core.observer = self
    core.carriage.driver = self
    outgoing.carriage = core.carriage
    windowNews.node = self
    host = PluginHost(
      loop: loop, pool: pool, offloadPool: offloadPool, delegate: self, log: Node.pluginLog(log),
      stateDirectory: try Node.pluginFolder(configuration.node.state))
    loop.addHook(self)
  }

  deinit {
    core.driver = nil
    core.observer = nil
    core.carriage.driver = nil
    outgoing.carriage = nil
    windowNews.node = nil
    later.clear()
    host?.delegate = nil
    batch.deallocate()
  }

  /// Loads the plugins, starts the transports, and makes the peers known. What does not work becomes a status.
  public func start() throws(NodeStartError) {
    store.load(log: log)
    loadWindow()
    try serveBuiltIns()
    startTransports()
    applyPeers()
    startHousekeeping()
    wantTurn()
  }

  // MARK: turns

  /// Makes sure that `endTurn` runs before the loop waits.
  @inline(__always)
  public func wantTurn() {
    guard !isTurnWanted else { return }
    isTurnWanted = true
    loop.soon(self)
  }

  public override func run() {
    isTurnWanted = false
    turn()
  }

  public override func turnEnded() { turn() }

  private func turn() {
    guard stopPhase != .stopped else { return }
    let now = loop.now
    if core.nextDeadline <= now { core.advance(now: now) }
    core.endTurn(now: now)
    let deadline = core.nextDeadline
    if deadline != armedDeadline { arm(deadline) }
    expectPackets(now)
    if stopPhase != .running { continueStop() }
  }

  private func expectPackets(_ now: UInt64) {
    let mayLook = configuration.node.busyPoll == .auto
    if core.endpoint.promptUntil > now { loop.expectEvents(until: core.endpoint.promptUntil, mayLook: mayLook) }
    if mayLook, core.endpoint.answerUntil > now { loop.expectAnswer(until: core.endpoint.answerUntil) }
  }

  private func arm(_ deadline: UInt64) {
    armedDeadline = deadline
    if deadline == .max {
      if let timer = deadlineTimer { loop.cancel(timer) }
      deadlineTimer = nil
    } else if let timer = deadlineTimer, loop.reschedule(timer, at: deadline) {
    } else {
      deadlineTimer = loop.schedule(at: deadline, token: TimerKind.core.rawValue, handler: self)
    }
  }

  public override func expired(token: UInt64) {
    switch TimerKind(rawValue: token & 0xff) {
    case .core:
      deadlineTimer = nil
      armedDeadline = .max
      wantTurn()
    case .listener: retryListener(transport: Int(token >> 8 & 0xff_ffff), listener: Int(token >> 32))
    case .housekeeping: housekeep()
    case .network: networkSettled()
    case .stop: wantTurn()
    case nil: break
    }
  }
}
