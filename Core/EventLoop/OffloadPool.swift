// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A few threads for work that blocks (files, name look-up, a plugin's own), with a bounded queue.
///
/// Threads are started when the first work comes, take no signals, and end with `shutdown`.
public final class OffloadPool: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private let threadLimit: Int
  private let queueLimit: Int
  private var queue: [@Sendable () -> Void] = []
  private var threads: [pthread_t] = []
  private var idle = 0
  private var stopping = false

  /// At most `threads` threads and `queueLimit` works that wait for one.
  public init(threads: Int = 4, queueLimit: Int = 1024) {
    threadLimit = max(1, threads)
    self.queueLimit = queueLimit
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  /// Runs `work` on one of the threads; false when the queue is full or the pool has ended. From any thread.
  public func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !stopping, queue.count < queueLimit else { return false }
    queue.append(work)
    if idle < queue.count, threads.count < threadLimit { startThread() }
    pthread_cond_signal(condition)
    guard !threads.isEmpty else {
      queue.removeLast()
      return false
    }
    return true
  }

  /// Waits until everything accepted has run, and ends the threads.
  public func shutdown() {
    pthread_mutex_lock(mutex)
    stopping = true
    pthread_cond_broadcast(condition)
    let running = threads
    threads = []
    pthread_mutex_unlock(mutex)
    for thread in running { pthread_join(thread, nil) }
  }

  private func startThread() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    let code = pthread_create(&thread, nil, offloadThread, context.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    if code == 0 { threads.append(thread) } else { context.release() }
  }

  fileprivate func work() {
    pthread_mutex_lock(mutex)
    while true {
      if !queue.isEmpty {
        let next = queue.removeFirst()
        pthread_mutex_unlock(mutex)
        next()
        pthread_mutex_lock(mutex)
      } else if stopping {
        break
      } else {
        idle += 1
        pthread_cond_wait(condition, mutex)
        idle -= 1
      }
    }
    pthread_mutex_unlock(mutex)
  }
}

@c private func offloadThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  _ = clinux_thread_name("mesh-offload")
  Unmanaged<OffloadPool>.fromOpaque(argument).takeRetainedValue().work()
  return nil
}
