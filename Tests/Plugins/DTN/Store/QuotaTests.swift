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
    limits.perNeighbour = .init(bytes: 1500, count: 24)
    limits.neighbours = [(.dtn("//p1/"), .init(bytes: 900)), (EndpointID.none, .init(count: 22))]
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
      var record = StoreTests.record(
        number, source: "//n\(generator.next() % 6)/s\(generator.next() % 3)", deadline: 100 + generator.next() % 900,
        priority: priority, marks: marks)
      record.neighbour = [nil, EndpointID.none, .dtn("//p1/"), .dtn("//p2/")][Int(generator.next() % 4)]
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
          case .neighbour(let node): one.record.neighbour == node
          }
        }
        #expect(usage.count == UInt64(those.count) && usage.bytes == UInt64(those.reduce(0) { $0 + $1.size }))
        #expect(usage.bytes <= usage.quota.bytes && usage.count <= usage.quota.count)
      }
    }
    #expect(refusals == ["total", "source", "neighbour", "priority"])
  }

  /// Sources can be invented; whom they come through cannot.
  @Test func inventedSourcesDoNotGetRoundTheShareOfTheirNeighbour() throws {
    let folder = Folder()
    var limits = StoreLimits()
    limits.total.count = 20
    limits.perSource.count = 2
    limits.perNeighbour.count = 4
    limits.neighbours = [(try EndpointID("ipn:7.0"), .init(count: 3))]
    func admitted(_ store: BundleStore, through neighbour: EndpointID?, _ from: UInt64) -> Int {
      (from..<from + 30).count { number in
        var record = StoreTests.record(number, source: "//invented-\(number)/")
        record.neighbour = neighbour
        switch store.admit([1], record, now: 0) {
        case .admitted: return true
        case .full(let which):
          #expect(which == .neighbour)
          return false
        default: return false
        }
      }
    }
    do {
      let store = try BundleStore(folder: folder.path, limits: limits)
      #expect(admitted(store, through: EndpointID.none, 100) == 10, "strangers have half of everything")
      #expect(admitted(store, through: try EndpointID("ipn:7.3"), 200) == 3)
      #expect(admitted(store, through: .dtn("//b/"), 300) == 4)
      store.flush()
    }
    // As much is theirs after a restart.
    let store = try BundleStore(folder: folder.path, limits: limits)
    #expect(admitted(store, through: EndpointID.none, 400) == 0)
    #expect(admitted(store, through: .dtn("//b/"), 500) == 0)
    let usage = store.usage(nodes: 0).dropFirst(4)
    #expect(
      usage.map(\.kind) == [
        .neighbour(EndpointID.none), .neighbour(try EndpointID("ipn:7.0")), .neighbour(.dtn("//b/")),
      ])
    #expect(usage.map(\.count) == [10, 3, 4])
    #expect(store.count == 17)
  }

  @Test func moreNeighboursThanHaveNumbersShareOneQuota() throws {
    var limits = StoreLimits()
    limits.perNeighbour.count = 2
    let store = BundleStore(limits: limits)
    var all: [UInt64] = []
    for number in 0..<400 as Range<UInt64> {
      var record = StoreTests.record(number)
      record.neighbour = .dtn("//neighbour-\(number)/")
      if let sequence = StoreTests.sequence(store.admit([1], record, now: 0)) { all.append(sequence) }
    }
    #expect(all.count == 253 + 2)
    // Numbers are given again to others.
    for sequence in all { store.remove(sequence) }
    var record = StoreTests.record(900)
    record.neighbour = .dtn("//late/")
    #expect(StoreTests.sequence(store.admit([1], record, now: 0)) != nil)
    #expect(store.usage(nodes: 0).last?.kind == .neighbour(.dtn("//late/")))
  }
}
