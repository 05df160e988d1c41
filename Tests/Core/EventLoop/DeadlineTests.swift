// SPDX-License-Identifier: Apache-2.0
import DeniedCalls
import Glibc
import TestSupport
import Testing

@testable import MeshEventLoop

/// What holds of deadlines, whether the system counts waits in nanoseconds or not.
@Suite("Deadlines")
struct DeadlineTests {
  /// Turns until all of `waits`, each set when the one before has fired, are over.
  private func turns(_ loop: EventLoop, _ waits: [UInt64]) -> (turns: UInt64, early: Int) {
    let recorder = Recorder()
    let before = loop.turns
    var early = 0
    for (token, wait) in waits.enumerated() {
      let deadline = MonotonicClock.read() + wait
      _ = loop.schedule(at: deadline, token: UInt64(token), handler: recorder)
      while recorder.calls.count <= token { loop.runOnce(maxWait: .max) }
      if MonotonicClock.read() < deadline || loop.now < deadline { early += 1 }
    }
    return (loop.turns - before, early)
  }

  @Test("No deadline is met early, and a wait for one does not spin", arguments: [false, true])
  func neverEarly(isFine: Bool) throws {
    var generator = SeededGenerator(7)
    let loop = try EventLoop(isFine: isFine)
    let waits = (0..<100).map { _ in UInt64.random(in: 0..<3_000_000, using: &generator) }
    let result = turns(loop, waits)
    #expect(result.early == 0)
    #expect(result.turns == UInt64(waits.count))
  }

  @Test("A fraction of a millisecond is waited for as such: of a hundred, some end before it is over")
  func fine() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    var shortest = UInt64.max
    for count in 1...100 {
      let start = MonotonicClock.read()
      _ = loop.schedule(at: start + 100_000, handler: recorder)
      while recorder.calls.count < count { loop.runOnce(maxWait: .max) }
      shortest = min(shortest, MonotonicClock.read() - start)
    }
    #expect(shortest >= 100_000)
    // Counted in milliseconds it is one at least.
    if loop.isFine { #expect(shortest < 1_000_000) }
  }

  @Test(
    "A timer that is set anew to a microsecond later does not keep the processor busy, and one that is due is not put off"
  )
  func coalesces() {
    // Kernels add some 50 us to waits of most threads, so that no turn shows this.
    for left: UInt64 in [1, 1_000, 29_999] { #expect(EventWait.time(until: left) == EventWait.grain) }
    for left: UInt64 in [0, 30_000, 1_000_000, .max] { #expect(EventWait.time(until: left) == left) }
  }

  @Test("Deadlines that are microseconds apart share a turn after the first one's")
  func shares() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    let start = MonotonicClock.read()
    for step in 0..<20 { _ = loop.schedule(at: start + 200_000 + UInt64(step) * 1_000, handler: recorder) }
    let before = loop.turns
    while loop.timerCount > 0 { loop.runOnce(maxWait: .max) }
    #expect(recorder.calls.count == 20)
    #expect(loop.turns - before <= 2)
  }

  @Test("Deadlines of one millisecond that are far away wake the loop once")
  func farAway() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    var fewest = UInt64.max
    // A thread that is late for its wait has little left to wait for: then the deadlines are not far away any more.
    for _ in 0..<8 where fewest > 2 {
      let start = MonotonicClock.read()
      for step in 0..<4 { _ = loop.schedule(at: start + 200_400_000 + UInt64(step) * 100_000, handler: recorder) }
      let before = loop.turns
      while loop.timerCount > 0 { loop.runOnce(maxWait: .max) }
      fewest = min(fewest, loop.turns - before)
    }
    #expect(fewest <= 2)
  }

  @Test(
    "Where the system refuses the finer call, the loop goes on in milliseconds and does not ask again",
    arguments: [ENOSYS, EPERM])
  func refused(error: Int32) throws {
    let pool = OffloadPool(threads: 1)
    nonisolated(unsafe) var found: (denied: Int32, turns: UInt64, early: Int, isFine: Bool)?
    #expect(
      pool.submit {
        guard let loop = try? EventLoop() else { return }
        let denied = denied_calls_epoll_pwait2(error)
        let result = turns(loop, [100_000, 2_000_000, 300_000])
        found = (denied, result.turns, result.early, loop.isFine)
      })
    pool.shutdown()
    let result = try #require(found)
    #expect(result.denied == 0)
    #expect(!result.isFine)
    #expect(result.early == 0)
    #expect(result.turns == 3)
  }
}
