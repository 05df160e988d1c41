// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Testing

@testable import BundleStore

@Suite struct EvictionTests {
  private func record(
    _ number: UInt64, from source: String = "//a/x", _ priority: BundlePriority = .normal,
    _ marks: BundleRecord.Marks = [], deadline: UInt64 = 1000
  ) -> BundleRecord {
    BundleRecord(
      id: BundleID(source: .dtn(source), timestamp: CreationTimestamp(time: 5, sequence: number)),
      destination: .dtn("//z/x"), deadline: deadline, priority: priority, marks: marks)
  }

  /// Each neighbour that takes a copy has the bundle marked again.
  @Test func whatIsMarkedOftenMakesItsRoomOnce() throws {
    var limits = StoreLimits()
    limits.total = .init(bytes: 100, count: 100)
    let store = BundleStore(limits: limits)
    for number in 1...10 as ClosedRange<UInt64> {
      let sequence = StoreTests.sequence(
        store.admit([UInt8](repeating: 1, count: 10), record(number, deadline: 1000 + number), now: 0))
      // To and fro: it is a candidate of one rank more than once.
      for marks in [.replicated, .replicated, .delivered, .replicated] as [BundleRecord.Marks] {
        try store.mark(try #require(sequence), marks)
      }
    }
    let answer = store.admit([UInt8](repeating: 1, count: 25), record(11, deadline: 5000), now: 0)
    #expect(answer == .admitted(sequence: 11, evicted: [1, 2, 3]))
    #expect(store.bytes == 95)
    #expect(store.usage(nodes: 0)[0].bytes == 95)
    // All the rest at once: nothing is counted below nothing.
    let last = store.admit([UInt8](repeating: 1, count: 75), record(12, deadline: 5000), now: 0)
    #expect(last == .admitted(sequence: 12, evicted: [4, 5, 6, 7, 8, 9, 10]))
    #expect(store.bytes == 100)
  }

  @Test func whatDoesNotHelpOneQuotaMayHelpTheNext() {
    var limits = StoreLimits()
    limits.perSource = .init(count: 1)
    limits.perPriority[0] = .init(count: 1)
    let store = BundleStore(limits: limits)
    #expect(
      store.admit([1], record(1, from: "//b/x", .bulk, .replicated), now: 0) == .admitted(sequence: 1, evicted: []))
    #expect(store.admit([1], record(2, .normal, .replicated), now: 0) == .admitted(sequence: 2, evicted: []))
    // The quota of its source is freed by 2, that of its priority by 1, which comes first.
    #expect(store.admit([1], record(3, .bulk), now: 0) == .admitted(sequence: 3, evicted: [2, 1]))
  }

  @Test func whatHasGoneIsNotRememberedAsACandidate() {
    var index = BundleIndex(limits: StoreLimits())
    for number in 1...20_000 as ClosedRange<UInt64> {
      index.insert(number, record(number), size: 10)
      index.mark(number, record(number, .normal, .replicated))
      guard number > 100 else { continue }
      let isHere = index.remove(number - 100)
      #expect(isHere)
    }
    #expect(index.count == 100)
    let remembered = index.candidates.reduce(0) { $0 + $1.items.count }
    #expect(remembered < 1200, "\(remembered)")
  }
}
