// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The clocks the loop and its supervisors read.
public enum MonotonicClock {
  /// Nanoseconds of CLOCK_MONOTONIC.
  public static func read() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

  /// The same clock at the kernel's tick (1 to 4 ms): a third of the cost, enough to notice a slow call.
  public static func readCoarse() -> UInt64 { nanoseconds(CLOCK_MONOTONIC_COARSE) }

  @inline(__always)
  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
