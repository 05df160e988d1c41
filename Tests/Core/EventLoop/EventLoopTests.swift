// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshEventLoop
import Synchronization
import TestSupport
import Testing

@Suite("Event loop")
struct EventLoopTests {
  private func pipePair() -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    return (ends[0], ends[1])
  }

  @Test("A readable descriptor is reported every turn until it is read")
  func levelTriggered() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    let ends = pipePair()
    defer {
      close(ends.read)
      close(ends.write)
    }
    let id = try loop.watch(ends.read, for: .read, token: 7, handler: recorder)
    loop.runOnce()
    #expect(recorder.calls.isEmpty)
    #expect(write(ends.write, "x", 1) == 1)
    loop.runOnce()
    loop.runOnce()
    #expect(recorder.calls == ["ready 7 1", "ready 7 1"])
    try loop.change(id, to: [])
    loop.runOnce()
    #expect(recorder.calls.count == 2)
    loop.unwatch(id)
    #expect(throws: EventLoopError.self) { try loop.change(id, to: .read) }
  }

  @Test("A loop that expects events meets its timers, hears of descriptors, and sleeps when it expects in vain")
  func expecting() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    let ends = pipePair()
    defer {
      close(ends.read)
      close(ends.write)
    }
    _ = try loop.watch(ends.read, for: .read, token: 7, handler: recorder)
    for round in 0..<20 {
      loop.runOnce()
      loop.expectEvents(until: loop.now + 1_000_000_000)
      let due = loop.now + 200_000
      _ = loop.schedule(at: due, token: UInt64(round), handler: recorder)
      let turns = loop.turns
      while recorder.calls.count <= round { loop.runOnce(maxWait: 1_000_000_000) }
      #expect(loop.now >= due)
      // A turn for each poll would be a loop that spins.
      #expect(loop.turns - turns < 10)
    }
    #expect(write(ends.write, "x", 1) == 1)
    loop.runOnce(maxWait: 1_000_000_000)
    #expect(recorder.calls.last == "ready 7 1")
  }

  @Test("A loop that looks for answers hears of them and of its timers, and takes no more turns than one that sleeps")
  func answering() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    let ends = pipePair()
    defer {
      close(ends.read)
      close(ends.write)
    }
    _ = try loop.watch(ends.read, for: .read, token: 7, handler: recorder)
    // Events that are there already: short waits, after which it looks.
    for round in 0..<100 {
      loop.expectAnswer(until: .max)
      #expect(write(ends.write, "x", 1) == 1)
      let turns = loop.turns
      loop.runOnce(maxWait: 1_000_000_000)
      #expect(loop.turns == turns + 1)
      #expect(recorder.calls.count == round + 1)
      var byte: UInt8 = 0
      #expect(read(ends.read, &byte, 1) == 1)
    }
    for round in 0..<20 {
      let due = loop.now + 200_000
      _ = loop.schedule(at: due, token: UInt64(round), handler: recorder)
      let turns = loop.turns
      while recorder.calls.count <= 100 + round { loop.runOnce(maxWait: 1_000_000_000) }
      #expect(loop.now >= due)
      #expect(loop.turns - turns < 10)
    }
  }

  @Test("A handler that unwatches another in the same turn silences it")
  func unwatchWithinTurn() throws {
    let loop = try EventLoop()
    let first = pipePair()
    let second = pipePair()
    let recorder = Recorder()
    var ids: [WatchID] = []
    recorder.onReady = { [unowned loop] token in loop.unwatch(ids[token == 0 ? 1 : 0]) }
    ids.append(try loop.watch(first.read, for: .read, token: 0, handler: recorder))
    ids.append(try loop.watch(second.read, for: .read, token: 1, handler: recorder))
    #expect(write(first.write, "x", 1) == 1)
    #expect(write(second.write, "x", 1) == 1)
    loop.runOnce()
    #expect(recorder.calls.count == 1)
    for descriptor in [first.read, first.write, second.read, second.write] { close(descriptor) }
  }

  @Test("A watch whose file was closed cannot touch the one that has its number now")
  func numberComesBack() throws {
    let loop = try EventLoop()
    let careless = Recorder()
    let recorder = Recorder()
    let first = pipePair()
    let stale = try loop.watch(first.read, for: .read, token: 1, handler: careless)
    let second = pipePair()
    // Closed and used again in one step: in between another test might take the number.
    try #require(dup2(second.read, first.read) == first.read)
    close(second.read)
    _ = try loop.watch(first.read, for: .read, token: 2, handler: recorder)
    #expect(throws: EventLoopError.self) { try loop.change(stale, to: []) }
    loop.unwatch(stale)
    #expect(write(second.write, "x", 1) == 1)
    loop.runOnce()
    #expect(recorder.calls == ["ready 2 1"])
    #expect(careless.calls.isEmpty)
    for descriptor in [first.write, first.read, second.write] { close(descriptor) }
  }

  @Test("A descriptor that is not open, or one too many, is refused")
  func refusals() throws {
    let loop = try EventLoop(descriptorLimit: 1)
    let recorder = Recorder()
    #expect(throws: EventLoopError.system(call: "epoll_ctl", errno: EBADF)) {
      _ = try loop.watch(1 << 20, for: .read, handler: recorder)
    }
    let ends = pipePair()
    _ = try loop.watch(ends.read, for: .read, handler: recorder)
    #expect(throws: EventLoopError.tooManyDescriptors(limit: 1)) {
      _ = try loop.watch(ends.write, for: .write, handler: recorder)
    }
    close(ends.read)
    close(ends.write)
  }

  @Test("A turn goes from readiness over timers, posts and collection to its end")
  func order() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    recorder.recordsHooks = true
    let ends = pipePair()
    #expect(write(ends.write, "x", 1) == 1)
    _ = try loop.watch(ends.read, for: .read, token: 1, handler: recorder)
    _ = loop.schedule(at: loop.now, token: 2, handler: recorder)
    nonisolated(unsafe) let target = recorder
    loop.post { target.calls.append("posted") }
    loop.addHook(recorder)
    loop.soon(recorder)
    loop.runOnce()
    #expect(recorder.calls == ["ready 1 1", "expired 2", "posted", "collect", "run", "end"])
    close(ends.read)
    close(ends.write)
  }

  @Test("Work that asks for itself again is put off to the next turn, which does not wait")
  func soonIsBounded() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    nonisolated(unsafe) let target = recorder
    recorder.onRun = { [unowned loop] in loop.soon(target) }
    loop.soon(recorder)
    loop.runOnce()
    let first = recorder.calls.count
    #expect(first > 0 && first < 100)
    loop.runOnce(maxWait: .max)
    #expect(recorder.calls.count > first)
    recorder.onRun = nil
  }

  @Test("A turn that has taken long begins no further round of work that asks for itself again")
  func longTurnsEnd() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    nonisolated(unsafe) let target = recorder
    recorder.onRun = { [unowned loop] in
      let start = MonotonicClock.read()
      while MonotonicClock.read() - start < 200_000 {}
      loop.soon(target)
    }
    loop.soon(recorder)
    loop.runOnce()
    // One round before the turn's end is told and one behind it.
    #expect(recorder.calls.count == 2)
    loop.runOnce(maxWait: .max)
    #expect(recorder.calls.count == 4)
    recorder.onRun = nil
  }

  @Test("A timer that sets itself to the past fires once a turn")
  func timerStorm() throws {
    let loop = try EventLoop()
    let recorder = Recorder()
    nonisolated(unsafe) let target = recorder
    recorder.onExpired = { [unowned loop] _ in _ = loop.schedule(at: 0, handler: target) }
    _ = loop.schedule(at: 0, handler: recorder)
    loop.runOnce()
    #expect(recorder.calls.count == 1)
    loop.runOnce()
    #expect(recorder.calls.count == 2)
    recorder.onExpired = nil
  }

  @Test(
    "Ten thousand timers fire in the order of their deadlines, but for those cancelled or moved", arguments: [1, 2, 3])
  func timers(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let loop = try EventLoop()
    let recorder = Recorder()
    let start = loop.now
    var expected: [(deadline: UInt64, order: Int, token: UInt64)] = []
    var order = 0
    var ids: [TimerID] = []
    for token in 0..<10_000 {
      let deadline = start + UInt64.random(in: 0..<1_000_000, using: &generator)
      ids.append(loop.schedule(at: deadline, token: UInt64(token), handler: recorder))
      expected.append((deadline, order, UInt64(token)))
      order += 1
    }
    for token in 0..<10_000 where UInt64.random(in: 0..<4, using: &generator) == 0 {
      if token % 2 == 0 {
        #expect(loop.cancel(ids[token]))
        #expect(!loop.cancel(ids[token]))
        expected[token].deadline = .max
      } else {
        let deadline = start + UInt64.random(in: 0..<1_000_000, using: &generator)
        #expect(loop.reschedule(ids[token], at: deadline))
        expected[token].deadline = deadline
        expected[token].order = order
        order += 1
      }
    }
    loop.advanceClock(by: 2_000_000)
    while loop.timerCount > 0 { loop.runOnce() }
    let left = expected.filter { $0.deadline != .max }.sorted { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
    #expect(recorder.calls == left.map { "expired \($0.token)" })
    #expect(!loop.reschedule(ids[0], at: 0))
  }

  @Test("Posts of several threads all arrive, each thread's in order")
  func posts() throws {
    let loop = try EventLoop()
    let pool = OffloadPool(threads: 3)
    nonisolated(unsafe) var seen: [[Int]] = [[], [], []]
    for thread in 0..<3 {
      #expect(
        pool.submit {
          for number in 0..<1000 { loop.post { seen[thread].append(number) } }
        })
    }
    var turns = 0
    while seen.contains(where: { $0.count < 1000 }), turns < 100_000 {
      loop.runOnce(maxWait: 1_000_000_000)
      turns += 1
    }
    #expect(seen.allSatisfy { $0 == Array(0..<1000) })
    pool.shutdown()
  }

  @Test("A stop from another thread ends a loop that waits for ever")
  func stop() throws {
    let loop = try EventLoop()
    let pool = OffloadPool(threads: 1)
    // From within the loop, so that it certainly runs when the other thread stops it.
    nonisolated(unsafe) var isSubmitted = false
    loop.post { isSubmitted = pool.submit { loop.stop() } }
    loop.run()
    pool.shutdown()
    #expect(isSubmitted)
  }

  @Test("The offload pool refuses what its queue cannot hold, and runs everything it accepted before it ends")
  func offload() {
    let pool = OffloadPool(threads: 1, queueLimit: 4)
    let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    nonisolated(unsafe) let mutex = gate
    pthread_mutex_init(mutex, nil)
    pthread_mutex_lock(mutex)
    let done = Counter()
    var accepted = 0
    while accepted < 100,
      pool.submit({
        pthread_mutex_lock(mutex)
        pthread_mutex_unlock(mutex)
        done.value.add(1, ordering: .relaxed)
      })
    { accepted += 1 }
    #expect((4...5).contains(accepted))
    pthread_mutex_unlock(mutex)
    pool.shutdown()
    #expect(done.value.load(ordering: .relaxed) == accepted)
    #expect(!pool.submit {})
    pthread_mutex_destroy(gate)
    gate.deallocate()
  }

  @Test("A loop that is closed lets go of all handlers and of work that was posted, then or later")
  func closes() throws {
    let loop = try EventLoop()
    let pipe = pipePair()
    weak var kept: Recorder?
    weak var posted: Recorder?
    do {
      let recorder = Recorder()
      recorder.recordsHooks = true
      kept = recorder
      _ = try loop.watch(pipe.read, for: .read, handler: recorder)
      _ = loop.schedule(at: 0, handler: recorder)
      loop.addHook(recorder)
      loop.soon(recorder)
      // It may be posted although it is no Sendable: this is the loop's thread.
      nonisolated(unsafe) let other = Recorder()
      posted = other
      loop.post { other.calls.append("posted") }
    }
    #expect(kept != nil && posted != nil)
    loop.close()
    #expect(kept == nil && posted == nil)
    #expect(loop.timerCount == 0)
    loop.post { Issue.record("posted work ran after the end") }
    #expect(write(pipe.write, "x", 1) == 1)
    loop.runOnce()
    for descriptor in [pipe.read, pipe.write] { close(descriptor) }
  }

  @Test("A handler that is forgotten is not called again, and others are")
  func forgets() throws {
    let loop = try EventLoop()
    let pipes = [pipePair(), pipePair()]
    let recorders = [Recorder(), Recorder()]
    for (pipe, recorder) in zip(pipes, recorders) {
      recorder.recordsHooks = true
      _ = try loop.watch(pipe.read, for: .read, handler: recorder)
      _ = loop.schedule(at: 0, token: 7, handler: recorder)
      loop.addHook(recorder)
      loop.soon(recorder)
      #expect(write(pipe.write, "x", 1) == 1)
    }
    loop.forget(recorders[0])
    loop.runOnce()
    #expect(recorders[0].calls.isEmpty)
    #expect(Set(recorders[1].calls) == ["ready 0 1", "expired 7", "collect", "run", "end"])
    loop.close()
    for pipe in pipes { for descriptor in [pipe.read, pipe.write] { close(descriptor) } }
  }
}

/// A number that several threads add to.
final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
