// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// One file's work that blocks, one piece after the other on the threads of the pool; answers come on the loop's
/// thread. What belongs to the file needs no lock: only one piece runs at a time.
final class FileWorker: @unchecked Sendable {
  private let loop: EventLoop
  private let pool: OffloadPool
  private var queue: [(work: @Sendable () -> Void, then: () -> Void)] = []
  private var isRunning = false
  private let retry: RetryTimer

  init(loop: EventLoop, pool: OffloadPool) {
    self.loop = loop
    self.pool = pool
    retry = RetryTimer()
    retry.worker = self
  }

  /// Nothing runs and nothing waits.
  var isIdle: Bool { !isRunning && queue.isEmpty }

  /// Runs `work` on a thread of the pool after all that was asked for before, then `then` on the loop's thread.
  func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result, then: @escaping (Result) -> Void) {
    let answer = Answer<Result>()
    queue.append((work: { answer.value = work() }, then: { if let value = answer.value { then(value) } }))
    startNext()
  }

  private func startNext() {
    guard !isRunning, let work = queue.first?.work else { return }
    isRunning = true
    let accepted = pool.submit { [self] in
      work()
      loop.post { self.finished() }
    }
    guard !accepted else { return }
    // The pool is full; the work stays first in the queue.
    isRunning = false
    _ = loop.schedule(at: loop.now + 5_000_000, handler: retry)
  }

  private func finished() {
    isRunning = false
    let done = queue.removeFirst()
    done.then()
    startNext()
  }

  /// What a piece of work leaves for the loop's thread.
  private final class Answer<Value: Sendable>: @unchecked Sendable { var value: Value? }

  /// Tries again after the pool was full.
  private final class RetryTimer: EventHandler {
    weak var worker: FileWorker?
    override func expired(token: UInt64) { worker?.startNext() }
  }
}
