// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop

/// Finds, checks, loads, runs, supervises and replaces plugins, and carries buffers and events between them and the
/// node. Whatever a plugin does wrong becomes a status and a line in the log.
///
/// Belongs to the loop's thread. What plugins report is queued and handed to the delegate when no plugin and no call
/// of the node is on the stack, so neither side is ever re-entered.
public final class PluginHost: EventHandler {
  /// Calls longer than this are logged and counted, nanoseconds.
  public static let slowCall: UInt64 = 50_000_000
  /// After this time without a failure a restart waits no longer than the first one, nanoseconds.
  public static let stableAfter: UInt64 = 5_000_000_000
  /// `start` has to be answered within this time, nanoseconds.
  public static let startLimit: UInt64 = 30_000_000_000
  /// An instance that has failed gets this time to answer `stop`, nanoseconds.
  public static let faultStopLimit: UInt64 = 5_000_000_000
  /// `disconnect` has to be answered within this time, nanoseconds.
  public static let disconnectLimit: UInt64 = 10_000_000_000
  /// Most frames of credit a link can have.
  public static let frameLimit: UInt32 = 1 << 31
  /// Most bytes of credit a link can have.
  public static let byteLimit: UInt64 = 1 << 40

  /// The loop whose thread everything here belongs to.
  public let loop: EventLoop
  /// Where all buffers come from.
  public let pool: BufferPool
  /// Where stores and start markers live, or nil for neither.
  public let stateDirectory: String?
  /// Every plugin that was loaded, in order. None is ever unloaded.
  public private(set) var plugins: [Plugin] = []

  /// Who is told what plugins report. It outlives the host or sets this to nil before it goes: a weak reference would
  /// make each of its counts, of which a packet causes several, take the slow path.
  public unowned(unsafe) var delegate: (any PluginHostDelegate)?
  let log: PluginLogSink
  let offloadPool: OffloadPool
  let extensions: [(name: UnsafePointer<CChar>, table: UnsafeRawPointer)]
  /// Most buffers one incarnation may take from the pool.
  let takenLimit: Int

  // Behind pointers, because every access to a class's stored struct is checked for exclusivity at run time.
  let links: UnsafeMutablePointer<LinkTable>
  let queue: UnsafeMutablePointer<EventQueue>
  private let spare: UnsafeMutablePointer<EventQueue>
  var listeners = ListenerTable()
  var instances: [Instance] = []
  var live: [Incarnation] = []
  /// Those that were destroyed in order.
  var ended: [Incarnation] = []
  /// Commands under way, by their token.
  var commandCalls: [UInt64: CommandCall] = [:]
  var nextCommand: UInt64 = 0
  var callDepth = 0
  /// Of envelopes that wait for the node.
  var arrivedBytes = 0
  /// Reports of lanes that wait for the node.
  var waitingLaneReports = 0
  var transmitCalls: UInt64 = 0
  var refused: [mesh_buf] = []
  private var nextHolder: UInt32 = 2
  private var nextInstance: UInt32 = 1
  private var nextTurn: [Incarnation] = []
  private var isFlushing = false
  private var isFlushScheduled = false
  private var armedMarkers: Set<String> = []

  private static let flushRounds = 16

  /// Makes a host on a loop. `extensions` are tables offered to plugins by name, or nil for the host's own; their
  /// memory has to live as long as the process. `stateDirectory` must exist and belong to the process.
  public init(
    loop: EventLoop, pool: BufferPool, offloadPool: OffloadPool, delegate: any PluginHostDelegate,
    log: @escaping PluginLogSink, stateDirectory: String?, linkLimit: Int = 65_536,
    extensions: [(name: UnsafePointer<CChar>, table: UnsafeRawPointer)]? = nil
  ) {
    self.loop = loop
    self.pool = pool
    self.offloadPool = offloadPool
    self.delegate = delegate
    self.log = log
    self.stateDirectory = stateDirectory
    self.extensions = extensions ?? HostExtensions.all
    links = .allocate(capacity: 1)
    links.initialize(to: LinkTable(limit: linkLimit))
    queue = .allocate(capacity: 1)
    queue.initialize(to: EventQueue())
    spare = .allocate(capacity: 1)
    spare.initialize(to: EventQueue())
    takenLimit = max(pool.available / 2, 1)
    super.init()
    loop.addHook(self)
  }

  deinit {
    for incarnation in live { incarnation.close() }
    for instance in instances { instance.cancelRestart() }
    links.pointee.free()
    queue.pointee.free()
    spare.pointee.free()
    links.deinitialize(count: 1).deallocate()
    queue.deinitialize(count: 1).deallocate()
    spare.deinitialize(count: 1).deallocate()
  }

  /// Takes the host off the loop when every instance has stopped: nothing is called any more.
  public func close() {
    for incarnation in live {
      endCommands(of: incarnation)
      incarnation.close()
    }
    for instance in instances { instance.cancelRestart() }
    loop.forget(self)
  }

  /// Lets go of what was destroyed in order, for a process that outlives the host: a plugin may not use its `mesh_host`
  /// after `destroy`. What did not end in order stays for ever, in case its plugin still calls.
  public func releaseEnded() {
    for incarnation in ended where incarnation.outstandingOffloads == 0 && incarnation.outstandingStores == 0 {
      incarnation.letGo()
    }
    ended = []
  }

  // MARK: Plugins

  /// Lists the plugins in these folders without running any of their code.
  public func discover(_ directories: [String]) -> [PluginListing] { PluginListing.list(directories: directories) }

  /// Checks a file, copies it where it cannot be changed, links it and negotiates.
  public func load(_ path: String) throws(PluginError) -> Plugin {
    let file = try PluginFile(path: path)
    let copy = try file.sealedCopy()
    do throws(PluginError) {
      try Plugin.check(copy.note, against: file.id, path: path)
      try arm(file.id)
    } catch {
      Glibc.close(copy.descriptor)
      throw error
    }
    defer { disarm(file.id) }
    // A file that replaces one of this host's is linked anew, even when it is the same.
    let isKnown = plugins.contains { $0.info.id == file.id }
    let library =
      try isKnown ? Plugin.open(copy.descriptor, path: path) : PluginLibraries.open(copy.descriptor, path: path)
    let entry = try Plugin.entry(of: library, path: path)
    return try add(entry, path: path, expected: copy.note)
  }

  /// Negotiates with a plugin that is linked into the program.
  public func register(_ entry: mesh_plugin_entry_v1_fn) throws(PluginError) -> Plugin {
    try add(entry, path: "static", expected: nil)
  }

  private func add(_ entry: mesh_plugin_entry_v1_fn, path: String, expected: PluginNote?) throws(PluginError) -> Plugin
  {
    let table = try PluginTables.table(of: entry)
    let info = try Negotiation.describe(table)
    if let expected, expected.id != info.id {
      throw PluginError(.contract, "\(path): “describe” says “\(info.id)”, the note “\(expected.id)”")
    }
    let number = plugins.count { $0.info.id == info.id } + 1
    let plugin = Plugin(table: table, info: info, path: path, loadNumber: number)
    plugins.append(plugin)
    return plugin
  }

  // MARK: Start markers

  func arm(_ id: String) throws(PluginError) {
    guard let stateDirectory, !armedMarkers.contains(id) else { return }
    try StartMarker(directory: stateDirectory, id: id).arm()
    armedMarkers.insert(id)
  }

  /// The node has lived through it, but that proves nothing about the next start.
  func disarm(_ id: String) {
    guard let stateDirectory, armedMarkers.remove(id) != nil else { return }
    StartMarker(directory: stateDirectory, id: id).disarm()
  }

  /// Whether the start marker stands in the way of a plugin.
  public func isDisabledByCrashes(_ id: String) -> Bool {
    guard let stateDirectory, !armedMarkers.contains(id) else { return false }
    return StartMarker(directory: stateDirectory, id: id).count >= StartMarker.limit
  }

  /// The plugin has started: earlier deaths are forgotten.
  func clearMarker(_ id: String) {
    guard let stateDirectory, armedMarkers.remove(id) != nil else { return }
    StartMarker(directory: stateDirectory, id: id).clear()
  }

  // MARK: Numbers

  func newHolder() throws(PluginError) -> UInt32 {
    guard nextHolder < UInt32.max - 2 else { throw PluginError(.resource, "too many restarts") }
    defer { nextHolder += 2 }
    return nextHolder
  }

  func newInstanceID() -> InstanceID {
    defer { nextInstance += 1 }
    return InstanceID(rawValue: nextInstance)
  }

  // MARK: Turn

  /// Asks for a call of `on_ready` in the next turn although nothing new happens.
  func dispatchNextTurn(_ incarnation: Incarnation) {
    nextTurn.append(incarnation)
    loop.wake()
  }

  public override func collect() {
    for index in live.indices where !live[index].wakes.isEmpty { live[index].schedule() }
    guard !nextTurn.isEmpty else { return }
    for incarnation in nextTurn { incarnation.schedule() }
    nextTurn.removeAll(keepingCapacity: true)
  }

  public override func run() {
    isFlushScheduled = false
    flush()
  }

  public override func expired(token: UInt64) { linkTimerExpired(LinkID(rawValue: token)) }

  /// Makes sure that the queue is handed over before the turn ends.
  @inline(__always)
  func wantFlush() {
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    loop.soon(self)
  }

  /// Hands the queue to the node, unless a plugin or the node is on the stack.
  func flush() {
    guard !isFlushing, callDepth == 0, !queue.pointee.isEmpty else { return }
    isFlushing = true
    var rounds = 0
    while !queue.pointee.isEmpty, rounds < PluginHost.flushRounds {
      swap(&queue.pointee, &spare.pointee)
      handOver()
      spare.pointee.removeAll()
      rounds += 1
    }
    isFlushing = false
    if !queue.pointee.isEmpty { wantFlush() }
  }

  private func handOver() {
    let delegate = delegate
    var buffer = spare.pointee.buffers
    var run = 0
    for index in 0..<spare.pointee.events.count {
      switch spare.pointee.events[index] {
      case .received:
        let batch = UnsafeMutableBufferPointer(start: buffer, count: spare.pointee.runs[run])
        if let delegate { delegate.received(batch) } else { for item in batch { pool.put(item) } }
        buffer += batch.count
        run += 1
      case .transmitted:
        let batch = UnsafeMutableBufferPointer(start: buffer, count: spare.pointee.runs[run])
        if let delegate { delegate.transmitted(batch) } else { for item in batch { pool.put(item) } }
        buffer += batch.count
        run += 1
      case .credit(let link):
        guard let record = links.pointee.record(link.rawValue) else { continue }
        record.pointee.creditIsReported = false
        delegate?.linkHasCredit(link)
      case .up(let link, let up): delegate?.link(link, cameUp: up)
      case .capabilities(let link, let caps): delegate?.link(link, capabilities: caps)
      case .lane(let link, let lane, let report):
        waitingLaneReports -= 1
        delegate?.link(link, lane: lane, reports: report)
      case .failed(let link, let failure): delegate?.link(link, failed: failure)
      case .down(let link, let failure): delegate?.link(link, wentDown: failure)
      case .listening(let listener, let address): delegate?.listener(listener, isListeningAt: address)
      case .listenFailed(let listener, let failure): delegate?.listener(listener, failed: failure)
      case .instance(let id, let state, let reason): delegate?.instance(id, changedTo: state, reason: reason)
      case .configured(let id, let refusal, let index):
        delegate?.instance(id, configured: refusal, parameter: index)
      case .peerSeen(let id, let address): delegate?.peerSeen(id, address: address)
      case .carrierReport(let id, let report): delegate?.carrier(id, reports: report)
      case .carrierArrived(let id, let arrival):
        arrivedBytes -= arrival.envelope.count
        delegate?.carrier(id, arrived: arrival)
      case .sessionServed(let id): delegate?.sessionServed(id)
      case .sessionSend(let id, let message): delegate?.session(id, sends: message)
      case .sessionResume(let id, let node): delegate?.session(id, resumes: node)
      }
    }
  }

  func accepts(_ incoming: IncomingLink) -> Bool { delegate?.linkIncoming(incoming) ?? false }
}
