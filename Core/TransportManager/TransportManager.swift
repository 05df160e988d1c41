// SPDX-License-Identifier: Apache-2.0

/// Chooses the paths to peers: whom to dial over what and when, and which link carries which traffic class.
///
/// Sans-I/O: an event and the time go in (`now`, nanoseconds of one monotonic clock that never goes back), commands
/// and the next deadline come out. After every call the caller drains `takeCommands()` and arms `nextDeadline`.
/// Nothing here is safe for use from two threads; one loop owns it.
public final class TransportManager {
  /// The transports, their order and the rules per class.
  public internal(set) var policy: TransportPolicy
  /// Durations and thresholds.
  public let timers: TransportTimers
  /// Bounds.
  public let limits: TransportLimits

  var random: SeededGenerator
  var commands: [TransportCommand] = []
  var peers: [PeerHandle: PeerPaths] = [:]

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

  /// When `advance` has to be called at the latest; nil when nothing waits. Linear in the number of peers.
  public var nextDeadline: UInt64? { nil }

  /// Does everything whose time has come.
  public func advance(now: UInt64) {}
}
