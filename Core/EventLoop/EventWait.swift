// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Waits for descriptors: in nanoseconds where the system can (epoll_pwait2), else in milliseconds.
struct EventWait {
  /// The shortest wait for a timer, nanoseconds: deadlines that are closer together than this share a turn, and one that
  /// is set anew in each turn does not keep a processor busy.
  static let grain: UInt64 = 30_000
  /// Waits from here on, nanoseconds, are counted in milliseconds: what is due so late is not urgent, and whatever falls
  /// into one millisecond then wakes an idle process once.
  static let fineLimit: UInt64 = 50_000_000
  /// After so many polls in a row that nothing ended, most are left out: perhaps the other end needs this very processor.
  private static let vainLimit: UInt = 4
  private static let day: UInt64 = 86_400_000_000_000

  /// Whether the system counts in nanoseconds, as far as is known.
  private(set) var isFine: Bool

  /// Polls in a row that ended without an event, and those that were left out since.
  private var vain: UInt = 0
  private var forecast = WaitForecast()

  init(isFine: Bool) { self.isFine = isFine }

  /// How long to wait for what is due in `left` nanoseconds.
  static func time(until left: UInt64) -> UInt64 { left == 0 ? 0 : max(left, grain) }

  /// Waits as `wait` does, and looks for events first for as long as `WaitForecast.look`: where they are only likely when
  /// the forecast says so, else each time until that was in vain.
  mutating func waitAwake(
    _ epoll: Int32, _ events: UnsafeMutablePointer<epoll_event>, _ limit: Int32, _ nanoseconds: UInt64, isLikely: Bool
  ) -> Int32 {
    let start = MonotonicClock.read()
    let count =
      isLikely ? lookIfShort(epoll, events, limit, nanoseconds) : lookIfUseful(epoll, events, limit, nanoseconds)
    if let count {
      let passed = MonotonicClock.read() &- start
      guard count == 0, passed < nanoseconds else { return count }
      return wait(epoll, events, limit, nanoseconds == .max ? .max : nanoseconds - passed)
    }
    let slept = wait(epoll, events, limit, nanoseconds)
    if isLikely { forecast.slept(MonotonicClock.read() &- start, hasEvents: slept > 0) }
    return slept
  }

  /// Nil without a look.
  private mutating func lookIfShort(
    _ epoll: Int32, _ events: UnsafeMutablePointer<epoll_event>, _ limit: Int32, _ nanoseconds: UInt64
  ) -> Int32? {
    guard forecast.isLooking else { return nil }
    let start = MonotonicClock.read()
    let count = Self.look(epoll, events, limit, nanoseconds, yields: true)
    forecast.looked(MonotonicClock.read() &- start, hasEvents: count > 0)
    return count
  }

  /// Nil without a look.
  private mutating func lookIfUseful(
    _ epoll: Int32, _ events: UnsafeMutablePointer<epoll_event>, _ limit: Int32, _ nanoseconds: UInt64
  ) -> Int32? {
    guard vain < Self.vainLimit || vain & 63 == 0 else {
      vain &+= 1
      return nil
    }
    let count = Self.look(epoll, events, limit, nanoseconds, yields: false)
    vain = count == 0 ? vain &+ 1 : 0
    return count
  }

  /// Looks for events over and over, as long as the wait may be and no longer than `WaitForecast.look`. Events, 0 for
  /// none, or a negative errno. One that yields lets others on this processor go first: the other end may be one of them,
  /// and neither has to be woken up.
  private static func look(
    _ epoll: Int32, _ events: UnsafeMutablePointer<epoll_event>, _ limit: Int32, _ nanoseconds: UInt64, yields: Bool
  ) -> Int32 {
    let start = MonotonicClock.read()
    let longest = min(nanoseconds, WaitForecast.look)
    while MonotonicClock.read() &- start < longest {
      if yields { sched_yield() }
      let count = epoll_wait(epoll, events, limit, 0)
      guard count == 0 else { return count }
    }
    return 0
  }

  /// Waits up to `nanoseconds`, for ever with `.max`, and never ends early without an event. Events, or a negative errno.
  mutating func wait(
    _ epoll: Int32, _ events: UnsafeMutablePointer<epoll_event>, _ limit: Int32, _ nanoseconds: UInt64
  ) -> Int32 {
    if isFine, nanoseconds > 0, nanoseconds < Self.fineLimit {
      let count = clinux_epoll_wait_nanoseconds(epoll, events, limit, nanoseconds)
      // An old kernel does not know the call; filters of calls that are older than it say EPERM.
      guard count == -ENOSYS || count == -EPERM else { return count }
      isFine = false
    }
    return epoll_wait(epoll, events, limit, Self.milliseconds(nanoseconds))
  }

  /// Rounded up: a wait that ends a fraction of a millisecond early would spin until the deadline.
  private static func milliseconds(_ wait: UInt64) -> Int32 {
    guard wait < day else { return wait == .max ? -1 : 86_400_000 }
    return Int32(truncatingIfNeeded: (wait + 999_999) / 1_000_000)
  }
}
