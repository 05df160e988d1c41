// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// Store calls of one instance, one after the other, so that a get after a put finds what was put although the pool
/// has several threads. Loop thread only.
final class StoreQueue: @unchecked Sendable {
  private var waiting: [(work: @Sendable () -> Void, completion: @Sendable () -> Void)] = []
  private var isRunning = false

  /// Runs `work` on the pool and then `completion` on the loop; false when the pool takes no more.
  func submit(
    to pool: OffloadPool, _ loop: EventLoop, _ work: @escaping @Sendable () -> Void,
    completion: @escaping @Sendable () -> Void
  ) -> Bool {
    guard !isRunning else {
      waiting.append((work, completion))
      return true
    }
    isRunning = pool.submit { [self] in
      work()
      loop.post { self.finish(pool, loop, completion) }
    }
    return isRunning
  }

  private func finish(_ pool: OffloadPool, _ loop: EventLoop, _ completion: @Sendable () -> Void) {
    isRunning = false
    completion()
    while !waiting.isEmpty, !isRunning {
      let next = waiting.removeFirst()
      // A pool that has ended leaves the job unrun, and its status says so.
      if !submit(to: pool, loop, next.work, completion: next.completion) { next.completion() }
    }
  }
}
