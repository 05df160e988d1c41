// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import CLMDB
import Glibc
import TestSupport
import Testing

@testable import BundleStore

/// What the store says when the disk below it fails: each commit of the writer is refused as the case has it.
@Suite struct FaultTests {
  /// A disk that fails when it is told to, as LMDB reports it.
  private final class Disk: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
      let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
      pthread_mutex_init(mutex, nil)
      return mutex
    }()
    private var failure: Int32 = 0
    private var commits = 0

    deinit {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }

    var code: Int32 {
      get {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return failure
      }
      set {
        pthread_mutex_lock(mutex)
        failure = newValue
        pthread_mutex_unlock(mutex)
      }
    }

    func commit(_ operations: [StoreOperation], _ write: ([StoreOperation]) throws(StoreError) -> Void)
      throws(StoreError)
    {
      // What makes room goes through: the disk is full for bundles alone.
      let code = code
      let isOnlyRemoval = operations.allSatisfy { if case .remove = $0 { true } else { false } }
      if code != 0, !(isOnlyRemoval && code == ENOSPC) { throw StoreError("writing: as the test has it", code: code) }
      try write(operations)
    }
  }

  private func store(_ folder: Folder, _ disk: Disk) throws -> BundleStore {
    try BundleStore(
      folder: folder.path,
      guarding: { operations, write throws(StoreError) in
        try disk.commit(operations, write)
      })
  }

  private func admit(_ store: BundleStore, _ number: UInt64) -> UInt64? {
    StoreTests.sequence(store.admit([1, 2, 3], StoreTests.record(number), now: 0))
  }

  private func outcomes(_ store: BundleStore) -> [UInt64: Int32] {
    store.flush()
    return Dictionary(uniqueKeysWithValues: store.collect().map { ($0.sequence, $0.error?.code ?? 0) })
  }

  /// Want of room is told for each bundle and passes; the store goes on.
  @Test(arguments: [ENOSPC, EDQUOT, MDB_MAP_FULL]) func wantOfRoomRefusesAndPasses(_ code: Int32) throws {
    let folder = Folder()
    let disk = Disk()
    let kept: UInt64
    do {
      let store = try store(folder, disk)
      kept = try #require(admit(store, 1))
      #expect(outcomes(store) == [kept: 0])
      disk.code = code
      let lost = try #require(admit(store, 2))
      #expect(outcomes(store) == [lost: code])
      #expect(store.fault == nil)
      #expect(store.count == 1)
      #expect(try store.record(lost) == nil)
      #expect(try store.sequence(of: StoreTests.record(2).id) == nil, "its sender may try again")
      disk.code = 0
      let again = try #require(admit(store, 2))
      #expect(outcomes(store) == [again: 0])
    }
    let store = try BundleStore(folder: folder.path)
    #expect(store.count == 2)
    #expect(try store.record(kept) == StoreTests.record(1))
  }

  /// After an error of the disk nothing says what is on it: nothing more is taken, and nothing is told stored.
  @Test(arguments: [EIO, EROFS, EACCES, MDB_CORRUPTED, MDB_PANIC]) func anErrorOfTheDiskEndsTheStore(_ code: Int32)
    throws
  {
    let folder = Folder()
    let disk = Disk()
    do {
      let store = try store(folder, disk)
      let kept = try #require(admit(store, 1))
      #expect(outcomes(store) == [kept: 0])
      disk.code = code
      let lost = try #require(admit(store, 2))
      #expect(outcomes(store) == [lost: code])
      #expect(store.fault?.code == code)
      // The disk being well again is no reason to believe this file.
      disk.code = 0
      #expect(store.admit([1], StoreTests.record(3), now: 0) == .failed)
      #expect(try store.record(kept) == StoreTests.record(1), "what is on disk can still be read")
      store.remove(kept)
      store.flush()
    }
    let store = try BundleStore(folder: folder.path)
    #expect(store.count == 1, "the removal was not written, and comes again")
    #expect(admit(store, 2) != nil)
  }

  /// Whatever fails when: what was told stored is there after a new start, and what was told refused is not.
  @Test(arguments: 0..<12 as Range<UInt64>) func whatWasToldIsWhatIsOnDisk(seed: UInt64) throws {
    let folder = Folder()
    let disk = Disk()
    var random = SeededGenerator(seed)
    var number: UInt64 = 0
    var isOnDisk: [BundleID: Bool] = [:]
    for _ in 0..<6 {
      disk.code = 0
      let store = try store(folder, disk)
      for (id, expected) in isOnDisk { #expect((try store.sequence(of: id) != nil) == expected) }
      for _ in 0..<40 where store.fault == nil {
        var asked: [UInt64: BundleID] = [:]
        disk.code = [0, 0, 0, ENOSPC, EDQUOT, random.next() % 12 == 0 ? EIO : 0][Int(random.next() % 6)]
        for _ in 0..<(random.next() % 5) {
          number += 1
          let record = StoreTests.record(number)
          if let sequence = admit(store, number) { asked[sequence] = record.id }
        }
        let outcomes = outcomes(store)
        #expect(outcomes.count == asked.count, "each is answered once")
        for (sequence, id) in asked { isOnDisk[id] = outcomes[sequence] == 0 }
      }
      #expect(store.count == isOnDisk.values.count { $0 })
    }
  }
}
