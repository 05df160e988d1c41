// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// Chooses the paths to peers: whom to dial over what and when, and which link carries which traffic class.
///
/// Sans-I/O: an event and the time go in (`now`, nanoseconds of one monotonic clock that never goes back), commands
/// and the next deadline come out. After every call the caller drains `takeCommands()` and arms `nextDeadline`.
/// Nothing here is safe for use from two threads; one loop owns it.
public final class TransportManager {
  /// The transports, their order and the rules per class.
  public internal(set) var policy: TransportPolicy
  /// What is to be saved now.
  public internal(set) var thrift: Thrift = []
  /// Durations and thresholds.
  public let timers: TransportTimers
  /// Bounds.
  public let limits: TransportLimits

  var random: SeededGenerator
  var commands: [TransportCommand] = []
  var peers: [PeerHandle: PeerPaths] = [:]
  /// The order in which peers became known: a dictionary's own order differs from run to run.
  var order: [PeerHandle] = []
  var attemptOwner: [AttemptHandle: PeerHandle] = [:]
  var linkOwner: [LinkHandle: PeerHandle] = [:]
  var memory: [String: TransportMemory] = [:]
  var starving: [PeerHandle] = []
  var lastAttempt: UInt64 = 0
  /// When something has to be done for each peer, as far as `touched` leaves it true.
  private var deadlines = DeadlineHeap()
  /// Peers whose deadline has to be looked at again.
  private var touched: [PeerPaths] = []
  /// How often a peer was looked at for a deadline, since the start: the work that time costs.
  public private(set) var peersExamined: UInt64 = 0
  var clock: UInt64 = 0

  /// A manager without peers. `seed` drives the jitter: the same events with the same seed give the same commands.
  public init(
    policy: TransportPolicy, seed: UInt64, timers: TransportTimers = TransportTimers(),
    limits: TransportLimits = TransportLimits()
  ) {
    self.policy = policy
    self.timers = timers
    self.limits = limits
    self.random = SeededGenerator(seed: seed)
  }

  /// Takes everything that has to be done, in order, and empties the queue.
  public func takeCommands() -> [TransportCommand] {
    let taken = commands
    commands.removeAll(keepingCapacity: true)
    return taken
  }

  /// When `advance` has to be called at the latest; nil when nothing waits. Looks only at peers that have changed.
  public var nextDeadline: UInt64? {
    for peer in touched {
      peer.isTouched = false
      guard peers[peer.handle] === peer else { continue }
      peersExamined += 1
      let time = peer.deadline(after: peer.settledAt, probeInterval: timers.probeInterval)
      deadlines.set(peer.handle.rawValue, at: time ?? .max)
    }
    touched.removeAll(keepingCapacity: true)
    return deadlines.count == 0 ? nil : deadlines.next
  }

  /// Does everything whose time has come.
  public func advance(now: UInt64) {
    let now = tick(now)
    _ = nextDeadline
    var due: [PeerPaths] = []
    while let id = deadlines.pop(now: now) {
      if let peer = peers[PeerHandle(rawValue: id)] { due.append(peer) }
    }
    for peer in due where peers[peer.handle] === peer {
      peersExamined += 1
      touch(peer)
      for attempt in peer.attempts where attempt.deadline <= now {
        commands.append(.cancel(attempt.handle))
        let text = "no confirmed session within \((attempt.deadline - attempt.startedAt).durationText)"
        let failure = PathFailure(code: -10, kind: .transient, stage: .timedOut, text: text)
        endAttempt(attempt, of: peer, failure, now: now)
      }
      settle(peer, now: now)
    }
    feedStarving(now: now)
  }

  /// The peer's deadline may have changed.
  func touch(_ peer: PeerPaths) {
    guard !peer.isTouched else { return }
    peer.isTouched = true
    touched.append(peer)
  }

  func forgetDeadline(of peer: PeerHandle) { deadlines.remove(peer.rawValue) }

  /// The time never goes back, whatever the caller says.
  func tick(_ now: UInt64) -> UInt64 {
    clock = max(clock, now)
    return clock
  }

  /// Brings choice, links and attempts of a peer in line with what is known now.
  func settle(_ peer: PeerPaths, now: UInt64) {
    touch(peer)
    peer.settledAt = now
    countStableLinks(of: peer, now: now)
    choose(peer, now: now)
    prune(peer, now: now)
    probe(peer, now: now)
    drive(peer, now: now)
  }

  /// Gives attempts that have become free to the peers that waited for one, the first first.
  func feedStarving(now: UInt64) {
    while !starving.isEmpty && attemptOwner.count < limits.attempts {
      let handle = starving.removeFirst()
      guard let peer = peers[handle] else { continue }
      peer.isStarving = false
      settle(peer, now: now)
    }
  }

  /// A duration with the configured deviation.
  func jittered(_ duration: UInt64) -> UInt64 {
    let spread = duration / 1000 * min(timers.jitterPermille, 1000)
    if spread == 0 { return duration }
    return duration - spread + UInt64.random(in: 0...(2 * spread), using: &random)
  }

  func group(of transport: String) -> Int { policy.entry(named: transport)?.priorityGroup ?? Int.max }

  /// Whether the transport runs and at least one class may use it.
  func isUsable(_ transport: String) -> Bool {
    guard let entry = policy.entry(named: transport), entry.isAvailable else { return false }
    return isAllowed(transport)
  }

  func isAllowed(_ transport: String) -> Bool {
    (0..<TransportPolicy.classCount).contains { policy.allows(transport, trafficClass: $0) }
  }
}
