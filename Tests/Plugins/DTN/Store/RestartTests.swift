// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import TestSupport
import Testing

@testable import BundleStore

/// What a start learns from the disk and from memory.
@Suite struct RestartTests {
  @Test func aRecordComesBackWithItsSize() throws {
    var generator = SeededGenerator(7)
    var endpoints = EndpointCache(places: 4)
    for number in 0..<400 as Range<UInt64> {
      var record = StoreTests.record(
        number, source: "//source-\(number % 9)/a", to: "//b/\(number % 3)", deadline: generator.next(), marks: .custody
      )
      if number % 4 == 0 { record.id.fragment = .init(offset: number, length: number * 7) }
      if number % 5 == 0 { record.copies = UInt32(number + 1) }
      if number % 3 == 0 { record.neighbour = number % 2 == 0 ? EndpointID.none : .dtn("//neighbour-\(number % 5)/") }
      let bytes = Int.random(in: 0...(1 << 30), using: &generator)
      var size: Int?
      let read = try record.encoded(size: bytes).withUnsafeBytes { encoded in
        try BundleRecord(encoded, endpoints: &endpoints, size: &size)
      }
      #expect(read == record)
      #expect(size == bytes)
    }
  }

  /// The record without the pair and the checksum around it, and with so many of its seven items.
  private func older(_ record: BundleRecord, items: Int) -> [UInt8] {
    let inner = record.encoded(size: 0).dropFirst(2)
    let checksum = inner.suffix(5)[inner.endIndex - 5] == 0x1a ? 5 : 0
    return [0x80 | UInt8(items)] + inner.dropLast(checksum + 7 - items)
  }

  @Test func noBitOfARecordCanBeAnother() throws {
    var record = StoreTests.record(4, source: "//source/a", to: "//b/3", deadline: 1 << 40, marks: .own)
    for isFragment in [false, true] {
      if isFragment { record.id.fragment = .init(offset: 300, length: 70_000) } else { record.neighbour = .dtn("//n/") }
      let right = record.encoded(size: 4000)
      for bit in 0..<right.count * 8 {
        var wrong = right
        wrong[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(throws: BundleError.self, "bit \(bit)") { try wrong.withUnsafeBytes { try BundleRecord($0) } }
      }
    }
  }

  @Test func aDamagedRecordIsSetAsideAndTheOthersAreThere() throws {
    let folder = Folder()
    do {
      let store = try BundleStore(folder: folder.path)
      for number in 1...5 as ClosedRange<UInt64> {
        let record = StoreTests.record(number, source: number == 3 || number == 5 ? "//hurt-\(number)/" : "//a/")
        #expect(StoreTests.sequence(store.admit([UInt8(number)], record, now: 0)) == number)
      }
      store.flush()
    }
    try folder.damage(before: "//hurt-3/", by: -4)
    try folder.damage(before: "//hurt-5/", by: -4)
    do {
      let store = try BundleStore(folder: folder.path)
      #expect(store.count == 3)
      #expect(store.damaged.count == 2)
      #expect(store.damaged.first.map(\.sequence) == [3, 5])
      #expect(store.damagedBundle(3) == [3])
      #expect(try store.list(from: 0, limit: 9).map(\.sequence) == [1, 2, 4])
      // The numbers go on behind the last, damaged or not.
      #expect(StoreTests.sequence(store.admit([6], StoreTests.record(6), now: 0)) == 6)
      #expect(store.removeDamaged(3))
      #expect(!store.removeDamaged(3))
      #expect(!store.removeDamaged(4))
      store.flush()
      #expect(store.collect().allSatisfy { $0.error == nil })
    }
    let store = try BundleStore(folder: folder.path)
    #expect(store.count == 4)
    #expect(store.damaged.first.map(\.sequence) == [5])
  }

  @Test func whatWasReadIsKnownAsLongAsItsLifetime() throws {
    let folder = Folder()
    func known(_ life: (BundleStore) throws -> Void = { _ in }) throws -> [UInt64] {
      let store = try BundleStore(folder: folder.path)
      let known = store.takeRead().map(\.id.timestamp.sequence)
      #expect(store.takeRead().isEmpty)
      try life(store)
      store.flush()
      return known
    }
    _ = try known { store in
      for number in 1...6 as ClosedRange<UInt64> {
        let record = StoreTests.record(number, deadline: number < 3 ? 500 : 1000)
        let sequence = try #require(StoreTests.sequence(store.admit([1], record, now: 0)))
        if number < 5 { store.remove(read: sequence, record, now: 0) }
        if number == 5 { store.remove(sequence) }
      }
      #expect(store.count == 1)
    }
    let all = try known { store in
      #expect(store.count == 1)
      // Reading one more forgets what has expired.
      store.remove(read: 6, try #require(try store.record(6)), now: 600)
    }
    #expect(all == [1, 2, 3, 4])
    #expect(try known() == [3, 4, 6])
  }

  @Test func soMuchThatWasReadIsKnownAndNoMore() {
    var read = ReadBundles()
    var forgotten: [UInt64] = []
    for number in 1...200_000 as ClosedRange<UInt64> {
      #expect(read.next(deadline: 10) == number)
      while let old = read.takeOld(now: 0) { forgotten.append(old) }
    }
    #expect(read.count == ReadBundles.limit)
    #expect(forgotten == Array(1...200_000 - UInt64(ReadBundles.limit)))
    #expect(read.takeOld(now: 10) == 200_001 - UInt64(ReadBundles.limit))
  }

  @Test func aRecordWithoutASizeIsThatOfAnOlderStore() throws {
    let folder = Folder()
    let record = StoreTests.record(4)
    // As it was written before: one item less, and no size.
    let older = older(record, items: 6)
    do {
      let environment = try LMDBEnvironment(folder: folder.path, mapSize: 1 << 24)
      try environment.commit([.put(sequence: 3, record: older, bundle: [9, 8, 7, 6])])
    }
    let store = try BundleStore(folder: folder.path)
    #expect(store.bytes == 4)
    #expect(try store.record(3) == record)
    #expect(store.size(of: 3) == 4)
  }

  @Test func whatMemoryKnowsComesInTheOrderOfArrival() throws {
    let store = BundleStore()
    var generator = SeededGenerator(3)
    var expected: [UInt64] = []
    for number in 1...300 as ClosedRange<UInt64> {
      let record = StoreTests.record(number, to: "//d\(number % 4)/x")
      expected.append(try #require(StoreTests.sequence(store.admit([1, 2], record, now: 0))))
      // Places of what has gone are used again.
      if number % 3 == 0 {
        let gone = expected.remove(at: Int.random(in: 0..<expected.count, using: &generator))
        store.remove(gone)
      }
    }
    try store.mark(expected[5], [.custody, .replicated], copies: 9)
    var seen: [UInt64] = []
    store.forEach { one in
      seen.append(one.sequence)
      #expect(one.destination == .dtn("//d\(one.sequence % 4)/x"))
      #expect(one.copies == (one.sequence == expected[5] ? 9 : nil))
      #expect(one.marks == (one.sequence == expected[5] ? [.custody, .replicated] : []))
    }
    #expect(seen == expected)
  }

  /// What a bundle may name its endpoints is read again at the next start, however deep it goes.
  @Test func anEndpointAsDeepAsABundleMayHaveDoesNotKeepTheStoreFromOpening() throws {
    let part = [UInt8](repeating: 0x81, count: BundleLimits().depth - 1) + [0]
    let deep = EndpointID.other(scheme: 9, part: part)
    let bundle = Bundle(
      primary: PrimaryBlock(
        destination: deep, source: .dtn("//a/x"), timestamp: CreationTimestamp(time: 5, sequence: 1), lifetime: 1000),
      payload: [1])
    #expect(try Bundle(bundle.encoded).primary.destination == deep)
    let folder = Folder()
    do {
      let store = try BundleStore(folder: folder.path)
      let record = BundleRecord(id: bundle.id, destination: deep, deadline: 1000)
      #expect(StoreTests.sequence(store.admit(bundle.encoded, record, now: 0)) != nil)
      store.flush()
    }
    #expect(try BundleStore(folder: folder.path).destination(of: 1) == deep)
  }
}
