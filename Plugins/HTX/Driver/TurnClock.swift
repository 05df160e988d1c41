// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The host's clock, going on during a turn of its loop, in which the host's own stands still. Nanoseconds.
struct TurnClock {
  /// The turn that it was read in last, by the host's clock.
  private(set) var turn: UInt64 = 0
  /// The machine's clock when it was first read in that turn.
  private var start: UInt64 = 0

  /// The time, in a turn that began at `turn`. It never goes back and is never ahead of the next turn.
  mutating func read(turn: UInt64) -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let machine = UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    if turn != self.turn {
      self.turn = turn
      start = machine
    }
    return turn &+ (machine &- start)
  }
}
