// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization

/// One thread's loop over descriptors (epoll, level-triggered), timers and work posted from other threads.
///
/// A turn: wait; call `ready` for descriptors, `expired` for timers, posted work; `collect`; `run` for what was asked
/// for with `soon`; `turnEnded`; `run` again for what that asked for. Each step has a budget, and what is left over
/// waits for the next turn, so that no source can starve another.
///
/// Everything belongs to the thread that calls `runOnce` or `run`, except `post`, `wake` and `stop`.
public final class EventLoop: @unchecked Sendable {
  /// Most timers that fire in one turn.
  public static let timersPerTurn = 1024
  /// Most descriptors that are reported in one turn.
  public static let eventsPerTurn = 256

  /// Monotonic nanoseconds, read once a turn, after the wait.
  public private(set) var now: UInt64
  /// Turns since the loop was made.
  public private(set) var turns: UInt64 = 0

  private let epoll: Int32
  /// The eventfd that `wake` writes to. Eight bytes from elsewhere end the wait as well.
  public let wakeDescriptor: Int32
  private let wakeWritten = Atomic<Bool>(false)
  private let stopping = Atomic<Bool>(false)
  /// Nil once the loop is closed.
  private let inbox = Mutex<[@Sendable () -> Void]?>([])
  private let events: UnsafeMutablePointer<epoll_event>
  private let descriptorLimit: Int
  private var thread: pthread_t
  private var clockOffset: UInt64 = 0
  private var eventWait: EventWait
  private var promptUntil: UInt64 = 0
  private var lookUntil: UInt64 = 0
  private var answerUntil: UInt64 = 0
  private var watches = WatchTable()
  private var timers = TimerHeap()
  private var hooks = HookList()
  private var isTurning = false
  /// Each is counted once, from `soon` until it has run.
  private var soonQueue: [Unmanaged<EventHandler>] = []
  private var soonRunning: [Unmanaged<EventHandler>] = []
  private var posted: [@Sendable () -> Void] = []

  private static let wakeWord = UInt64.max
  private static let soonRounds = 16
  /// A turn that has taken this long, nanoseconds, begins no further round: what is urgent waits for the next turn.
  private static let longTurn: UInt64 = 100_000
  /// The same while events are expected within microseconds.
  private static let promptTurn: UInt64 = 20_000

  /// Makes a loop that belongs to the calling thread until `run` or `runOnce` is called on another one. Its waits are
  /// counted in nanoseconds where the system can, unless `isFine` is false.
  public init(descriptorLimit: Int = 65_536, isFine: Bool = true) throws(EventLoopError) {
    eventWait = EventWait(isFine: isFine)
    epoll = clinux_epoll_create()
    guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: -epoll) }
    wakeDescriptor = clinux_eventfd()
    guard wakeDescriptor >= 0 else {
      Glibc.close(epoll)
      throw .system(call: "eventfd", errno: -wakeDescriptor)
    }
    events = .allocate(capacity: Self.eventsPerTurn)
    self.descriptorLimit = descriptorLimit
    thread = pthread_self()
    now = MonotonicClock.read()
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = Self.wakeWord
    if epoll_ctl(epoll, EPOLL_CTL_ADD, wakeDescriptor, &event) < 0 {
      throw .system(call: "epoll_ctl", errno: errno)
    }
  }

  deinit {
    for handler in soonQueue { handler.release() }
    Glibc.close(epoll)
    Glibc.close(wakeDescriptor)
    events.deallocate()
  }

  /// Lets go of every handler and of all posted work: nothing is called any more, and what is posted later is dropped.
  /// For the loop's owner at the end, on the loop's thread; a loop and its handlers keep each other until then.
  public func close() {
    // Handlers that are freed here may call the loop, which must not be in the middle of a change.
    let dropped = (inbox.withLock { $0.take() }, watches, timers, hooks)
    for id in dropped.1.ids { unwatch(id) }
    watches = WatchTable()
    timers = TimerHeap()
    removeHooks()
    dropSoon { _ in true }
    withExtendedLifetime(dropped) {}
  }

  /// Lets go of one handler: its hook, its timers, its watches and its calls of `soon`. Takes time in all of them.
  public func forget(_ handler: EventHandler) {
    for id in watches.ids(of: handler) { unwatch(id) }
    for id in timers.ids(of: handler) { _ = timers.cancel(id) }
    removeHook(handler)
    dropSoon { $0 === handler }
  }

  /// Takes back calls of `soon`.
  private func dropSoon(_ isDropped: (EventHandler) -> Bool) {
    let queue = soonQueue
    soonQueue = queue.filter { !isDropped($0.takeUnretainedValue()) }
    // Last, for a handler that goes may call the loop.
    for handler in queue.filter({ isDropped($0.takeUnretainedValue()) }) { handler.release() }
  }

  /// Moves the loop's clock forward, for tests of what happens after hours. Takes effect at once.
  public func advanceClock(by nanoseconds: UInt64) {
    clockOffset &+= nanoseconds
    now &+= nanoseconds
  }

  /// Whether the caller is on the loop's thread.
  public var isOnThread: Bool { pthread_equal(pthread_self(), thread) != 0 }

  /// Makes the calling thread the loop's.
  public func adopt() { thread = pthread_self() }

  // MARK: Descriptors

  /// Watches a descriptor, which stays the caller's. The handler is kept until `unwatch`. A watch of a file that was
  /// closed ends when its number is watched anew.
  public func watch(_ descriptor: Int32, for readiness: Readiness, token: UInt64 = 0, handler: EventHandler)
    throws(EventLoopError) -> WatchID
  {
    guard watches.count < descriptorLimit else { throw .tooManyDescriptors(limit: descriptorLimit) }
    let id = watches.insert(descriptor: descriptor, token: token, handler: handler)
    var event = epoll_event()
    event.events = readiness.epollMask
    event.data.u64 = id.word
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
      let code = errno
      _ = watches.remove(id)
      throw .system(call: "epoll_ctl", errno: code)
    }
    watches.claim(id)
    return id
  }

  /// Changes what a descriptor is watched for; an empty set keeps it registered and silent.
  public func change(_ id: WatchID, to readiness: Readiness) throws(EventLoopError) {
    guard let descriptor = watches.descriptor(of: id) else { throw .system(call: "epoll_ctl", errno: ENOENT) }
    var event = epoll_event()
    event.events = readiness.epollMask
    event.data.u64 = id.word
    guard epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 else {
      throw .system(call: "epoll_ctl", errno: errno)
    }
  }

  /// Forgets a descriptor, before its owner closes it. An id that names nothing is ignored.
  public func unwatch(_ id: WatchID) {
    guard let descriptor = watches.remove(id) else { return }
    var event = epoll_event()
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
  }

  /// Forgets a watch whose descriptor was closed already, without touching what may have its number now.
  public func forget(_ id: WatchID) { _ = watches.remove(id) }

  // MARK: Timers

  /// Whether deadlines are met within some 100 microseconds, and not within a millisecond or two: no system call has shown
  /// yet that this system cannot.
  public var isFine: Bool { eventWait.isFine }

  /// How many timers wait.
  public var timerCount: Int { timers.count }

  /// Calls `expired(token:)` in the first turn whose `now` has reached `deadline` (monotonic nanoseconds). Never early;
  /// deadlines that are tens of microseconds apart may share a turn, those far away a millisecond.
  public func schedule(at deadline: UInt64, token: UInt64 = 0, handler: EventHandler) -> TimerID {
    timers.add(deadline: deadline, token: token, handler: handler)
  }

  /// Gives a waiting timer another deadline; false when it has fired or was cancelled.
  @discardableResult
  public func reschedule(_ id: TimerID, at deadline: UInt64) -> Bool { timers.move(id, to: deadline) }

  /// False when the timer has fired or was cancelled.
  @discardableResult
  public func cancel(_ id: TimerID) -> Bool { timers.cancel(id) }

  /// Forgets every handler, so that they and the loop do not keep each other. No turn comes after this.
  public func dismantle() {
    removeHooks()
    dropSoon { _ in true }
    posted = []
    timers = TimerHeap()
    watches = WatchTable()
    inbox.withLock { $0 = [] }
  }

  /// Says that the next events are expected within microseconds, for as long as `now` is below `deadline`: turns are
  /// shorter, and a loop that `mayLook` looks for them, up to 50 µs, before it sleeps. Where that is in vain it soon stops.
  public func expectEvents(until deadline: UInt64, mayLook: Bool = true) {
    promptUntil = deadline
    lookUntil = mayLook ? deadline : 0
  }

  /// Says that an answer may come within microseconds, for as long as `now` is below `deadline`: where the last waits were
  /// over as soon as that, the loop looks for events, up to 50 µs, before it sleeps, and lets others on its processor go
  /// first meanwhile.
  public func expectAnswer(until deadline: UInt64) { answerUntil = deadline }

  // MARK: Work

  /// Adds a handler whose `collect` and `turnEnded` are called every turn, in the order of adding.
  public func addHook(_ handler: EventHandler) { hooks.append(handler) }

  /// Takes a handler off the list of `addHook`. Within a turn it hears nothing more, and is kept until the turn is over.
  public func removeHook(_ handler: EventHandler) {
    hooks.remove(handler)
    if !isTurning { _ = hooks.closeGaps() }
  }

  private func removeHooks() {
    hooks.removeAll()
    if !isTurning { _ = hooks.closeGaps() }
  }

  /// Calls `run` of this handler in this turn, or in the next one when the turn's budget is spent. No allocation.
  public func soon(_ handler: EventHandler) { soonQueue.append(.passRetained(handler)) }

  /// Runs `body` on the loop's thread, in the order of posting. From any thread.
  public func post(_ body: @escaping @Sendable () -> Void) {
    inbox.withLock { $0?.append(body) }
    wake()
  }

  /// Ends the loop's wait. From any thread and from signal handlers; many wakes before a turn cost one write.
  public func wake() {
    guard !wakeWritten.exchange(true, ordering: .sequentiallyConsistent) else { return }
    var one: UInt64 = 1
    let saved = errno
    _ = write(wakeDescriptor, &one, 8)
    errno = saved
  }

  /// Makes `run` return at the end of its turn. From any thread and from signal handlers.
  public func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    wake()
  }

  /// Takes turns on the calling thread until `stop`.
  public func run() {
    while !stopping.load(ordering: .sequentiallyConsistent) { runOnce(maxWait: .max) }
    stopping.store(false, ordering: .sequentiallyConsistent)
  }

  /// One turn. Waits at most `maxWait` nanoseconds for the first event, and not at all when work is waiting.
  public func runOnce(maxWait: UInt64 = 0) {
    thread = pthread_self()
    let count = wait(timeout(maxWait))
    now = MonotonicClock.read() &+ clockOffset
    turns &+= 1
    isTurning = true
    var index = 0
    while index < count {
      let word = events[index].data.u64
      if word == Self.wakeWord {
        var value: UInt64 = 0
        wakeWritten.store(false, ordering: .sequentiallyConsistent)
        _ = read(wakeDescriptor, &value, 8)
      } else if let target = watches.target(of: word) {
        target.handler.ready(Readiness(epollMask: events[index].events), token: target.token)
      }
      index += 1
    }
    fireTimers()
    runPosted()
    for place in 0..<hooks.count { hooks.handler(at: place)?._withUnsafeGuaranteedRef { $0.collect() } }
    runSoon()
    for place in 0..<hooks.count { hooks.handler(at: place)?._withUnsafeGuaranteedRef { $0.turnEnded() } }
    runSoon()
    isTurning = false
    _ = hooks.closeGaps()
  }

  private func wait(_ longest: UInt64) -> Int32 {
    let limit = Int32(Self.eventsPerTurn)
    if longest > 0, now < lookUntil || now < answerUntil {
      return eventWait.waitAwake(epoll, events, limit, longest, isLikely: now >= lookUntil)
    }
    return eventWait.wait(epoll, events, limit, longest)
  }

  /// Nanoseconds to wait for the first event.
  private func timeout(_ maxWait: UInt64) -> UInt64 {
    guard soonQueue.isEmpty else { return 0 }
    var wait = maxWait
    if let earliest = timers.earliest {
      let time = MonotonicClock.read() &+ clockOffset
      wait = min(wait, EventWait.time(until: earliest > time ? earliest - time : 0))
    }
    return wait
  }

  private func fireTimers() {
    var budget = min(timers.count, Self.timersPerTurn)
    while budget > 0, let due = timers.popDue(now) {
      due.handler.expired(token: due.token)
      budget -= 1
    }
  }

  private func runPosted() {
    inbox.withLock { inbox in if inbox != nil { swap(&inbox!, &posted) } }
    for body in posted { body() }
    posted.removeAll(keepingCapacity: true)
  }

  private var isLong: Bool {
    MonotonicClock.read() &+ clockOffset &- now > (now < promptUntil ? Self.promptTurn : Self.longTurn)
  }

  private func runSoon() {
    var round = 0
    while !soonQueue.isEmpty, round == 0 || round < Self.soonRounds && !isLong {
      swap(&soonQueue, &soonRunning)
      for index in soonRunning.indices {
        let handler = soonRunning[index]
        handler._withUnsafeGuaranteedRef { $0.run() }
        handler.release()
      }
      soonRunning.removeAll(keepingCapacity: true)
      round += 1
    }
  }
}
