// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc

/// The one thread that writes. What waits when it comes round is one group with one sync: at most 256 bundles or 1 MB.
///
/// Nothing waits on purpose for others to join it: while one group is being synced the next one gathers.
final class StoreWriter: @unchecked Sendable {
  /// Most operations of a group.
  static let groupCount = 256
  /// Bytes after which a group is closed.
  static let groupSize = 1 << 20

  private struct State {
    var waiting: [StoreOperation] = []
    var done: [StoreCompletion] = []
    /// Bytes of the bundles in `done`.
    var doneSize = 0
    var isBusy = false
    var isEnding = false
    var fault: StoreError?
  }

  private let commit: @Sendable ([StoreOperation]) throws(StoreError) -> Void
  private let wake: @Sendable () -> Void
  private var state = State()
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var thread = pthread_t()
  /// Bytes of bundles that were submitted and not collected. It belongs to the thread that submits.
  private(set) var unwritten = 0

  /// - Parameters:
  ///   - commit: carries a group out and syncs; called on the writer's thread only.
  ///   - wake: called on the writer's thread when there are completions to collect.
  init(
    wake: @escaping @Sendable () -> Void, commit: @escaping @Sendable ([StoreOperation]) throws(StoreError) -> Void
  ) throws(StoreError) {
    self.commit = commit
    self.wake = wake
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, nil, storeWriterMain, context)
    guard code == 0 else {
      Unmanaged<StoreWriter>.fromOpaque(context).release()
      throw StoreError("the writer's thread cannot be started: \(String(cString: strerror(code)))", code: code)
    }
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  private func locked<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  func submit(_ operation: StoreOperation) {
    if case .put = operation { unwritten += operation.size }
    locked { $0.waiting.append(operation) }
    pthread_cond_broadcast(changed)
  }

  /// What has been decided since the last call.
  func collect() -> [StoreCompletion] {
    let (done, size) = locked { state in
      defer {
        state.done = []
        state.doneSize = 0
      }
      return (state.done, state.doneSize)
    }
    unwritten -= size
    return done
  }

  /// Why nothing is written any more.
  var fault: StoreError? { locked { $0.fault } }

  /// Waits until everything submitted is decided.
  func flush() {
    pthread_mutex_lock(mutex)
    while !state.waiting.isEmpty || state.isBusy { pthread_cond_wait(changed, mutex) }
    pthread_mutex_unlock(mutex)
  }

  /// Writes what waits, then ends the thread.
  func end() {
    locked { $0.isEnding = true }
    pthread_cond_broadcast(changed)
    pthread_join(thread, nil)
  }

  fileprivate func run() {
    while let group = nextGroup() {
      var fault = locked { $0.fault }
      if fault == nil {
        do throws(StoreError) { try commit(group) } catch { fault = error }
      }
      finish(group, fault)
      if let error = fault, Self.isLackOfRoom(error) { carryOutWithoutBundles(group) }
    }
  }

  /// The group was taken back because a bundle did not fit; what makes room must not be lost with it.
  private func carryOutWithoutBundles(_ group: [StoreOperation]) {
    let others = group.filter { if case .put = $0 { false } else { true } }
    guard !others.isEmpty else { return }
    do throws(StoreError) { try commit(others) } catch { locked { $0.fault = $0.fault ?? error } }
  }

  private func nextGroup() -> [StoreOperation]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while state.waiting.isEmpty {
      if state.isEnding { return nil }
      pthread_cond_wait(changed, mutex)
    }
    var size = 0
    var count = 0
    while count < min(state.waiting.count, Self.groupCount), size < Self.groupSize {
      size += state.waiting[count].size
      count += 1
    }
    let group = Array(state.waiting[..<count])
    state.waiting.removeFirst(count)
    state.isBusy = true
    return group
  }

  private func finish(_ group: [StoreOperation], _ error: StoreError?) {
    let isLasting = error.map { !StoreWriter.isLackOfRoom($0) } ?? false
    let told = locked { state -> Bool in
      for operation in group {
        if case .put(let sequence, _, _) = operation {
          state.done.append(StoreCompletion(sequence: sequence, error: error))
          state.doneSize += operation.size
        }
      }
      // After an error of the disk, or a sync that failed, nothing says what is on it: no second try on this file.
      if isLasting, state.fault == nil { state.fault = error }
      state.isBusy = false
      return !state.done.isEmpty
    }
    pthread_cond_broadcast(changed)
    if told { wake() }
  }

  /// A full disk or map: the group was taken back as a whole, and a later one may fit.
  private static func isLackOfRoom(_ error: StoreError) -> Bool {
    error.code == ENOSPC || error.code == EDQUOT || error.code == MDB_MAP_FULL
  }
}

@c func storeWriterMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let writer = Unmanaged<StoreWriter>.fromOpaque(context).takeRetainedValue()
  writer.run()
  return nil
}
