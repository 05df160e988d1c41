// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import MeshEventLoop
import Synchronization

/// One life of an instance, from `create` to `destroy`. It is the plugin's `mesh_host`.
///
/// An incarnation is kept for good unless it ended in order: a plugin's thread may still hold the pointer. What it holds
/// is given back when it ends, and every call but `log` and `post` is then refused.
final class Incarnation: EventHandler, @unchecked Sendable {
  static let readyPerTurn = 64
  static let watchLimit = 4096
  static let offloadLimit = 64
  static let storeLimit = 256
  static let peersPerCall = 256
  /// What keeps the incarnations of the process.
  private static let kept = Mutex<[ObjectIdentifier: Incarnation]>([:])

  /// Closes its incarnations before it goes; a checked reference would cost two atomic operations an access.
  unowned(unsafe) let host: PluginHost
  let instance: Instance
  let plugin: Plugin
  let loop: EventLoop
  let pool: BufferPool
  let name: String
  let log: PluginLogSink
  /// Holders of the pool: what the plugin took itself, and what was transmitted through it.
  let taken: BufferHolder
  let transmitting: BufferHolder

  var context: UnsafeMutableRawPointer?
  var state = InstanceState.created
  /// From `create` until STOPPED.
  var isOpen = true
  /// Nothing may be called on its behalf any more; the host may be gone.
  private(set) var isClosed = false
  /// What `stop` was called for.
  var ending = Ending.none
  var hasStopped = false
  var fault: Failure?
  var configuring = false
  var hasRefusedStart = false
  /// It has started as a replacement and takes over when nothing of it is on the stack.
  var isTakingOver = false
  /// What the plugin logged as an error during the call under way; see `asked`.
  var complaint: String?
  /// The listener that the plugin is being asked to open.
  var opening: ListenerID?
  /// It was replaced and only keeps its links until they end.
  var isRetiring = false
  /// How long the one before may keep its links, nanoseconds.
  var drain: UInt64 = 0
  var outstandingOffloads = 0
  var outstandingStores = 0
  var peersSeenInCall = 0
  /// Buffers that the plugin has taken itself, and that were transmitted through it.
  var takenCount = 0
  var transmittedCount = 0
  /// Messages that the plugin has sent to other nodes and that are not answered.
  var sendCount = 0
  var sendBytes = 0
  var violations: UInt64 = 0
  var slowCalls: UInt64 = 0
  var maxBatch: UInt32

  // Readiness, gathered during a turn for one on_ready.
  let wakes = WakeSlots()
  var completions: [Completion] = []
  var watches = WatchedDescriptors()
  private var readyCount = 0
  private var hasExpired = false
  private var isScheduled = false
  private var deadline = MESH_DEADLINE_NONE
  private var deadlineTimer: TimerID?
  private var stateTimer: TimerID?
  private let ready: UnsafeMutablePointer<mesh_ready>
  private let tokens: UnsafeMutablePointer<UInt64>
  private let readyDescriptors: UnsafeMutablePointer<ReadyDescriptor>

  enum Ending { case none, orderly, replaced, restart }

  enum Timer: UInt64 { case deadline, state }

  /// Room for all wakes, a timer, completions and descriptors of one turn.
  private static let readyCapacity = WakeSlots.capacity + 1 + readyPerTurn + EventLoop.eventsPerTurn

  init(host: PluginHost, instance: Instance, plugin: Plugin, holder: UInt32) {
    self.host = host
    self.instance = instance
    self.plugin = plugin
    loop = host.loop
    pool = host.pool
    log = host.log
    name = instance.name
    taken = BufferHolder(rawValue: holder)
    transmitting = BufferHolder(rawValue: holder + 1)
    maxBatch = plugin.info.capabilities.max_batch
    ready = .allocate(capacity: Incarnation.readyCapacity)
    ready.initialize(repeating: mesh_ready(), count: Incarnation.readyCapacity)
    tokens = .allocate(capacity: WakeSlots.capacity)
    readyDescriptors = .allocate(capacity: EventLoop.eventsPerTurn)
    super.init()
    let new = self
    Incarnation.kept.withLock { $0[ObjectIdentifier(new)] = new }
  }

  /// Its plugin has destroyed it and may not use the pointer any more.
  func letGo() { _ = Incarnation.kept.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) } }

  deinit {
    ready.deallocate()
    tokens.deallocate()
    readyDescriptors.deallocate()
  }

  var buffersHeld: Int { takenCount + transmittedCount }

  var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  /// Whether a call of the plugin is in time and on the right thread.
  var acceptsCall: Bool {
    guard isOpen, loop.isOnThread else { return false }
    return true
  }

  /// Runs one call into the plugin, watching the time it takes.
  @inline(__always)
  func call<Result>(_ function: StaticString, _ body: () -> Result) -> Result {
    let start = MonotonicClock.readCoarse()
    host.callDepth += 1
    let result = body()
    host.callDepth -= 1
    let elapsed = MonotonicClock.readCoarse() &- start
    if elapsed >= PluginHost.slowCall { reportSlow(function, elapsed) }
    return result
  }

  private func reportSlow(_ function: StaticString, _ elapsed: UInt64) {
    slowCalls += 1
    instance.slowCalls += 1
    log(MESH_LOG_WARNING, name, "“\(function)” took \(elapsed / 1_000_000) ms; the whole node waited")
  }

  /// Counts a broken rule of the ABI; the first ones and then every thousandth are logged.
  func violation(_ text: @autoclosure () -> String) {
    violations += 1
    instance.violations += 1
    if violations <= 16 || violations % 1000 == 0 { log(MESH_LOG_WARNING, name, "breaks the plugin ABI: \(text())") }
  }

  // MARK: Loop

  override func ready(_ readiness: Readiness, token: UInt64) {
    // What does not fit is reported again by the next turn.
    guard readyCount < EventLoop.eventsPerTurn else { return }
    readyDescriptors[readyCount] = ReadyDescriptor(
      descriptor: Int32(truncatingIfNeeded: token), mask: readiness.rawValue)
    readyCount += 1
    schedule()
  }

  override func expired(token: UInt64) {
    if token == Timer.deadline.rawValue {
      deadlineTimer = nil
      hasExpired = true
      schedule()
    } else {
      stateTimer = nil
      host.stateTimerExpired(self)
    }
  }

  func schedule() {
    guard !isScheduled else { return }
    isScheduled = true
    loop.soon(self)
  }

  override func run() {
    isScheduled = false
    guard !isClosed else { return }
    if isOpen, context != nil, state != .created { dispatch() }
    readyCount = 0
    host.settle(self)
    host.flush()
  }

  private func dispatch() {
    var count = wakes.isEmpty ? 0 : addWakes()
    let lent = min(completions.count, Incarnation.readyPerTurn)
    for index in 0..<lent { fill(count + index, completions[index]) }
    count += lent
    if hasExpired {
      hasExpired = false
      ready[count] = mesh_ready()
      ready[count].kind = MESH_READY_TIMER
      ready[count].fd = -1
      count += 1
    }
    if readyCount > 0 { count += addDescriptors(at: count) }
    guard count > 0, let context, let function = plugin.table.on_ready else { return }
    peersSeenInCall = 0
    let next = call("on_ready") { function(context, ready, UInt32(truncatingIfNeeded: count), loop.now) }
    for index in 0..<lent { completions[index].release() }
    completions.removeFirst(lent)
    if !completions.isEmpty || !wakes.isEmpty { host.dispatchNextTurn(self) }
    if isOpen { setDeadline(next) }
  }

  private func addWakes() -> Int {
    let count = wakes.take(tokens)
    for index in 0..<count {
      ready[index] = mesh_ready()
      ready[index].kind = MESH_READY_WAKE
      ready[index].token = tokens[index]
      ready[index].fd = -1
    }
    return count
  }

  private func fill(_ index: Int, _ completion: Completion) {
    ready[index] = mesh_ready()
    ready[index].kind = completion.kind
    ready[index].token = completion.token
    ready[index].fd = -1
    ready[index].status = completion.status
    ready[index].data.ptr = UnsafeRawPointer(completion.value?.baseAddress)
    ready[index].data_len = UInt32(truncatingIfNeeded: completion.value?.count ?? 0)
  }

  private func addDescriptors(at start: Int) -> Int {
    var added = 0
    for index in 0..<readyCount {
      let event = readyDescriptors[index]
      // A call since the event was fetched may have changed what is watched.
      guard let watched = watches[event.descriptor] else { continue }
      let mask = event.mask & (watched.mask | Readiness.error.rawValue)
      guard mask != 0 else { continue }
      let slot = start + added
      ready[slot] = mesh_ready()
      ready[slot].kind = MESH_READY_FD
      ready[slot].mask = mask
      ready[slot].token = watched.token
      ready[slot].fd = event.descriptor
      added += 1
    }
    return added
  }

  // MARK: Time

  func setDeadline(_ value: UInt64) {
    guard value != deadline || deadlineTimer == nil else { return }
    deadline = value
    if value == MESH_DEADLINE_NONE {
      if let timer = deadlineTimer { loop.cancel(timer) }
      deadlineTimer = nil
    } else if let timer = deadlineTimer {
      loop.reschedule(timer, at: value)
    } else {
      deadlineTimer = loop.schedule(at: value, token: Timer.deadline.rawValue, handler: self)
    }
  }

  /// Sets the timer that watches the present state; nil stops it.
  func setStateTimer(_ value: UInt64?) {
    if let timer = stateTimer { loop.cancel(timer) }
    stateTimer = value.map { loop.schedule(at: $0, token: Timer.state.rawValue, handler: self) }
  }

  /// Ends all readiness. Nothing of this incarnation is called any more.
  func close() {
    isOpen = false
    isClosed = true
    setDeadline(MESH_DEADLINE_NONE)
    setStateTimer(nil)
    for watch in watches.removeAll() { loop.unwatch(watch) }
    readyCount = 0
    for completion in completions { completion.release() }
    completions = []
  }
}
