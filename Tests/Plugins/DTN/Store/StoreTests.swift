// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import Glibc
import TestSupport
import Testing

@Suite struct StoreTests {
  static func record(
    _ number: UInt64, source: String = "//a/", to destination: String = "//b/x", deadline: UInt64 = 1000,
    priority: BundlePriority = .normal, marks: BundleRecord.Marks = []
  ) -> BundleRecord {
    BundleRecord(
      id: BundleID(source: .dtn(source), timestamp: CreationTimestamp(time: 5, sequence: number)),
      destination: .dtn(destination), deadline: deadline, priority: priority, marks: marks)
  }

  static func sequence(_ admission: Admission) -> UInt64? {
    if case .admitted(let sequence, _) = admission { sequence } else { nil }
  }

  @Test func whatWasStoredIsThereAfterReopening() throws {
    let folder = Folder()
    var stored: [UInt64: (BundleRecord, [UInt8])] = [:]
    do {
      let store = try BundleStore(folder: folder.path)
      for number in 0..<500 as Range<UInt64> {
        let record = Self.record(number, to: "//b/\(number % 7)", deadline: 1000 + number, marks: .custody)
        let bytes = [UInt8](repeating: UInt8(number & 0xff), count: Int(number) * 3)
        stored[try #require(Self.sequence(store.admit(bytes, record, now: 0)))] = (record, bytes)
      }
      store.flush()
      let done = store.collect()
      #expect(done.count == 500)
      #expect(done.allSatisfy { $0.error == nil })
    }
    let store = try BundleStore(folder: folder.path)
    #expect(store.count == 500)
    for (sequence, (record, bytes)) in stored {
      #expect(try store.record(sequence) == record)
      #expect(try store.withBundle(sequence) { Array($0) } == bytes)
      #expect(try store.sequence(of: record.id) == sequence)
    }
    let waiting = store.waiting(for: .dtn("//b/3"), limit: 10)
    #expect(waiting == stored.filter { $0.value.0.destination == .dtn("//b/3") }.keys.sorted().prefix(10).map { $0 })
    let page = try store.list(from: waiting[1], limit: 3)
    #expect(page.map { $0.sequence } == [waiting[1], waiting[1] + 1, waiting[1] + 2])
  }

  @Test(arguments: [true, false]) func aModelAgreesWithTheStore(onDisk: Bool) throws {
    let folder = Folder()
    func open() throws -> BundleStore { onDisk ? try BundleStore(folder: folder.path) : BundleStore() }
    var current: BundleStore? = try open()
    var store: BundleStore { current! }
    var model: [UInt64: (record: BundleRecord, bytes: [UInt8])] = [:]
    var generator = SeededGenerator(11)
    var number: UInt64 = 0
    for step in 0..<3000 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        number += 1
        let record = Self.record(
          number, source: "//s\(number % 5)/", to: "//d\(number % 3)/", deadline: 100 + generator.next() % 5000)
        let bytes = generator.bytes(Int.random(in: 0...200, using: &generator))
        model[try #require(Self.sequence(store.admit(bytes, record, now: 0)))] = (record, bytes)
      case 5..<7:
        guard let one = model.keys.sorted().randomElement(using: &generator) else { continue }
        store.remove(one)
        model[one] = nil
      case 7:
        guard let one = model.keys.sorted().randomElement(using: &generator) else { continue }
        try store.mark(one, [.forwarded, .replicated])
        model[one]?.record.marks = [.forwarded, .replicated]
      case 8:
        guard let one = model.values.first else { continue }
        let sequence = try #require(try store.sequence(of: one.record.id))
        #expect(store.admit(one.bytes, one.record, now: 0) == .duplicate(sequence: sequence))
      default:
        guard onDisk, step % 50 == 0 else { continue }
        store.flush()
        #expect(store.collect().allSatisfy { $0.error == nil })
        current = nil
        current = try open()
      }
      #expect(store.count == model.count)
    }
    #expect(store.bytes == model.values.reduce(0) { $0 + UInt64($1.bytes.count) })
    for (sequence, one) in model {
      #expect(try store.record(sequence) == one.record)
      #expect(try store.withBundle(sequence) { Array($0) } == one.bytes)
    }
    for destination in ["//d0/", "//d1/", "//d2/"] {
      let expected = model.filter { $0.value.record.destination == .dtn(destination) }.keys.sorted()
      #expect(store.waiting(for: .dtn(destination), limit: .max) == expected)
    }
    let late = model.filter { $0.value.record.deadline <= 2500 }.keys.sorted()
    #expect(store.expired(now: 2500, limit: .max).sorted() == late)
    for sequence in late { store.remove(sequence) }
    #expect(store.nextDeadline ?? .max > 2500)
  }

  @Test func aFullStoreRefusesAndEvictsOnlyWhatMayGo() {
    var limits = StoreLimits()
    limits.total = .init(bytes: 1000, count: 10)
    let store = BundleStore(limits: limits)
    let bytes = [UInt8](repeating: 1, count: 100)
    var sequences: [UInt64] = []
    let marks: [BundleRecord.Marks] = [.own, .custody, [], .replicated, .replicated, .delivered, [.own, .delivered]]
    for (number, mark) in marks.enumerated() {
      let priority: BundlePriority = number == 3 ? .expedited : .bulk
      let record = Self.record(UInt64(number), deadline: 1000 - UInt64(number), priority: priority, marks: mark)
      sequences.append(Self.sequence(store.admit(bytes, record, now: 0))!)
    }
    #expect(!store.isAboveHighWater)
    for number in 100..<103 as Range<UInt64> { _ = store.admit(bytes, Self.record(number), now: 0) }
    #expect(store.isAboveHighWater)
    // Delivered first, then replicated by priority; then nothing is left that may go.
    for (number, victim) in [(200, 5), (201, 4), (202, 3)] as [(UInt64, Int)] {
      guard case .admitted(_, let evicted) = store.admit(bytes, Self.record(number), now: 0) else {
        Issue.record("there was room to be made")
        return
      }
      #expect(evicted == [sequences[victim]])
    }
    #expect(store.admit(bytes, Self.record(300), now: 0) == .full(.total))
    #expect(store.count == 10)
    #expect(store.admit(bytes, Self.record(301, deadline: 5), now: 5) == .expired)
  }

  @Test func quotasOfSourcesAndPrioritiesHoldAlone() {
    var limits = StoreLimits()
    limits.perSource = .init(count: 2)
    limits.perPriority[Int(BundlePriority.bulk.rawValue)] = .init(bytes: 50)
    let store = BundleStore(limits: limits)
    for number in 0..<2 as Range<UInt64> {
      #expect(Self.sequence(store.admit([1], Self.record(number), now: 0)) != nil)
    }
    #expect(store.admit([1], Self.record(2), now: 0) == .full(.source))
    #expect(Self.sequence(store.admit([1], Self.record(3, source: "//other/"), now: 0)) != nil)
    let large = [UInt8](repeating: 0, count: 51)
    #expect(store.admit(large, Self.record(4, source: "//c/", priority: .bulk), now: 0) == .full(.priority))
    #expect(Self.sequence(store.admit(large, Self.record(5, source: "//c/"), now: 0)) != nil)
  }

  @Test func aRefusedBundleEvictsNobody() {
    var limits = StoreLimits()
    limits.total = .init(bytes: 100, count: 100)
    let store = BundleStore(limits: limits)
    _ = store.admit([UInt8](repeating: 0, count: 40), Self.record(1, marks: .delivered), now: 0)
    _ = store.admit([UInt8](repeating: 0, count: 40), Self.record(2, marks: .own), now: 0)
    #expect(store.admit([UInt8](repeating: 0, count: 90), Self.record(3), now: 0) == .full(.total))
    #expect(store.count == 2)
    // What was not evicted in vain can still be evicted.
    #expect(Self.sequence(store.admit([UInt8](repeating: 0, count: 60), Self.record(4), now: 0)) != nil)
  }

  @Test func aFolderThatCannotBeMadeIsAnErrorWithItsName() {
    let error = #expect(throws: StoreError.self) { try BundleStore(folder: "/proc/none/store") }
    #expect(error?.description.contains("/proc/none/store") == true)
  }

  @Test func aBundleThatCannotBeReadIsAnErrorAndOneThatIsNotHereIsNot() throws {
    let folder = Folder()
    let store = try BundleStore(folder: folder.path)
    let record = Self.record(1, source: "//damaged/")
    let sequence = try #require(Self.sequence(store.admit([1, 2, 3], record, now: 0)))
    store.flush()
    _ = store.collect()
    #expect(try store.record(sequence) == record)
    try folder.damage(before: "//damaged/", by: 4)
    #expect(throws: StoreError.self) { try store.record(sequence) }
    #expect(throws: StoreError.self) { try store.sequence(of: record.id) }
    #expect(throws: StoreError.self) { try store.mark(sequence, .delivered) }
    #expect(store.admit([1, 2, 3], record, now: 0) == .failed)
    #expect(try store.withBundle(sequence) { Array($0) } == [1, 2, 3])
    #expect(try store.record(99) == nil)
    #expect(try store.withBundle(99) { _ in } == nil)
  }
}
