// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import TestSupport
import Testing

@Suite struct QuotaTests {
  @Test func servicesOfANodeShareItsQuota() throws {
    var limits = StoreLimits()
    limits.perSource = .init(count: 2)
    limits.sources = [(try EndpointID("ipn:4.9"), .init(count: 3)), (try EndpointID("dtn://c/"), .init(bytes: 4))]
    let store = BundleStore(limits: limits)
    func admit(_ number: UInt64, _ source: String, _ size: Int = 1) throws -> Admission {
      let record = BundleRecord(
        id: BundleID(source: try EndpointID(source), timestamp: CreationTimestamp(time: 5, sequence: number)),
        destination: .dtn("//z/x"), deadline: 1000)
      return store.admit([UInt8](repeating: 1, count: size), record, now: 0)
    }
    #expect(StoreTests.sequence(try admit(1, "dtn://a/one")) != nil)
    let second = try #require(StoreTests.sequence(try admit(2, "dtn://a/two")))
    #expect(try admit(3, "dtn://a/three") == .full(.source))
    store.remove(second)
    #expect(StoreTests.sequence(try admit(3, "dtn://a/three")) != nil)
    for number in 4...6 as ClosedRange<UInt64> {
      #expect(StoreTests.sequence(try admit(number, "ipn:4.\(number)")) != nil)
    }
    #expect(try admit(7, "ipn:4.1") == .full(.source))
    #expect(try admit(8, "dtn://c/x", 5) == .full(.source))
    #expect(StoreTests.sequence(try admit(9, "dtn://c/x", 4)) != nil)
    let usage = store.usage(nodes: 2)
    #expect(
      usage.map(\.kind) == [
        .total, .priority(.bulk), .priority(.normal), .priority(.expedited), .source(try EndpointID("dtn://c/")),
        .source(try EndpointID("ipn:4.0")),
      ])
    #expect(usage.map(\.count) == [6, 0, 6, 0, 1, 3])
    #expect(usage.map(\.bytes) == [9, 0, 9, 0, 4, 3])
    #expect(usage[5].quota == .init(count: 3))
  }

  /// Whatever comes and goes, what the quotas say is what is here, and none is passed.
  @Test func noQuotaIsEverPassedAndEachTellsWhatIsHere() throws {
    var generator = SeededGenerator(23)
    var limits = StoreLimits()
    limits.total = .init(bytes: 4000, count: 60)
    limits.perSource = .init(bytes: 900, count: 18)
    limits.sources = [(.dtn("//n1/"), .init(bytes: 300, count: 40))]
    limits.perPriority[0] = .init(bytes: 700, count: 9)
    let store = BundleStore(limits: limits)
    var model: [UInt64: (record: BundleRecord, size: Int)] = [:]
    var refusals: Set<String> = []
    for number in 0..<4000 as Range<UInt64> {
      if generator.next() % 4 == 0, let one = model.keys.sorted().randomElement(using: &generator) {
        store.remove(one)
        model[one] = nil
        continue
      }
      let priority = BundlePriority(rawValue: UInt8(generator.next() % 3))!
      let marks: BundleRecord.Marks = [[], .replicated, .delivered, .custody][Int(generator.next() % 4)]
      let record = StoreTests.record(
        number, source: "//n\(generator.next() % 6)/s\(generator.next() % 3)", deadline: 100 + generator.next() % 900,
        priority: priority, marks: marks)
      let size = Int.random(in: 1...120, using: &generator)
      switch store.admit([UInt8](repeating: 0, count: size), record, now: 0) {
      case .admitted(let sequence, let evicted):
        for one in evicted { model[one] = nil }
        model[sequence] = (record, size)
      case .full(let which): refusals.insert("\(which)")
      default: Issue.record("neither taken nor full")
      }
      for usage in store.usage(nodes: 100) {
        let those = model.values.filter { one in
          switch usage.kind {
          case .total: true
          case .priority(let priority): one.record.priority == priority
          case .source(let node): one.record.id.source.node == node
          }
        }
        #expect(usage.count == UInt64(those.count) && usage.bytes == UInt64(those.reduce(0) { $0 + $1.size }))
        #expect(usage.bytes <= usage.quota.bytes && usage.count <= usage.quota.count)
      }
    }
    #expect(refusals == ["total", "source", "priority"])
  }
}
