// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import CMeshABI
import TestSupport
import Testing

@testable import BundleAgent

@Suite struct ReportTests {
  private static let time: UInt64 = 800_000_000_000

  /// A node `ipn:1.0` with a neighbour `ipn:2.0` that brings bundles.
  private func node(_ reports: BundleFlags = .reports, perMinute: UInt64 = 60, room: UInt64 = 1000) throws -> AgentNode
  {
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:1.0")
    settings.routing = .direct
    settings.reports = reports
    settings.reportsPerMinute = perMinute
    settings.echo = "7"
    settings.limits.total.count = room
    let node = try AgentNode(1, store: BundleStore(limits: settings.limits), settings: settings)
    node.agent.came([0], node: try EndpointID("ipn:2.0"), isNeighbour: true, isTrusted: true)
    return node
  }

  private func bundle(
    _ number: UInt64, to destination: String, from source: String = "ipn:5.1", reportTo: String = "ipn:2.9",
    flags: BundleFlags = .reports, lifetime: UInt64 = 60_000
  ) throws -> Bundle {
    Bundle(
      primary: PrimaryBlock(
        destination: try EndpointID(destination), source: try EndpointID(source), reportTo: try EndpointID(reportTo),
        timestamp: CreationTimestamp(time: Self.time, sequence: number), lifetime: lifetime, flags: flags),
      payload: [1, 2, 3])
  }

  private func bring(_ bundles: [Bundle], to node: AgentNode) {
    for (number, bundle) in bundles.enumerated() {
      node.agent.arrived(bundle.encoded, number: UInt64(number + 1), over: [0])
    }
    turns(node)
  }

  private func turns(_ node: AgentNode) { for _ in 0..<4 { _ = node.agent.turn() } }

  /// The reports that went to the neighbour.
  private func reports(_ node: AgentNode) throws -> [StatusReport] {
    try node.transfers.compactMap { message, _ in
      guard case .bundle(_, let bytes) = message else { return nil }
      let bundle = try Bundle(bytes)
      guard bundle.primary.flags.contains(.administrative) else { return nil }
      #expect(bundle.primary.flags.isDisjoint(with: .reports))
      #expect(bundle.primary.source == .ipn(allocator: 0, node: 1, service: 0, isShort: true))
      return try StatusReport.read(bundle.payload)
    }
  }

  @Test func aBundleThatAsksIsReportedOnWhenItIsStoredAndWhenItIsRead() throws {
    let node = try node()
    let asked = try bundle(1, to: "ipn:1.3", flags: .reports.union(.statusTime))
    bring([asked], to: node)
    // The same again is here already, and no reason to say anything.
    bring([asked], to: node)
    #expect(try reports(node).map(\.received) == [.init(true, time: Self.time)])
    node.bundleTime += 1000
    node.agent.consumed(try #require(node.agent.waiting(for: "3", limit: 2).first))
    turns(node)
    let said = try reports(node)
    #expect(said.map(\.subject) == [asked.id, asked.id])
    #expect(said[0].received == .init(true, time: Self.time))
    #expect(said[1].delivered == .init(true, time: Self.time + 1000))
    #expect(said.allSatisfy { !$0.forwarded.isTrue && !$0.deleted.isTrue && $0.reason == .none })
  }

  @Test func nothingIsSaidUnlessTheConfigurationAllowsIt() throws {
    for allowed in [[], .reportDelivery] as [BundleFlags] {
      let node = try node(allowed)
      bring([try bundle(1, to: "ipn:1.7"), try bundle(2, to: "ipn:1.7", flags: [])], to: node)
      #expect(try reports(node).map(\.delivered.isTrue) == (allowed.isEmpty ? [] : [true]))
    }
  }

  @Test func thereIsNoReportOnWhatMayHaveNone() throws {
    let node = try node()
    let record = StatusReport(about: try bundle(9, to: "ipn:1.7").id)
    var administrative = try bundle(1, to: "ipn:3.1", flags: .administrative)
    administrative.blocks[0].data = record.encoded
    let unknown = CanonicalBlock(type: BlockType(rawValue: 200), number: 4, flags: .reportUnprocessed, data: [0])
    administrative.blocks.insert(unknown, at: 0)
    let anonymous = try bundle(2, to: "ipn:3.1", from: "dtn:none", flags: .mustNotFragment)
    bring([administrative, anonymous, try bundle(3, to: "ipn:1.7", reportTo: "dtn:none")], to: node)
    node.bundleTime += 100_000
    turns(node)
    #expect(node.agent.figures.expired == 2)
    #expect(node.agent.figures.reportsSent == 0)
    #expect(node.agent.bundleCount == 0)
  }

  @Test func forwardingIsReportedOnceAndExpiryWithItsReason() throws {
    let node = try node()
    let onward = try bundle(1, to: "ipn:2.4")
    let stays = try bundle(2, to: "ipn:8.1")
    bring([onward, stays], to: node)
    var number: UInt64?
    for (message, _) in node.transfers {
      if case .bundle(let one, let bytes) = message, try Bundle(bytes).id == onward.id { number = one }
    }
    node.agent.answered(try #require(number), nil, over: [0])
    node.bundleTime += 70_000
    turns(node)
    let said = try reports(node)
    #expect(said.filter(\.forwarded.isTrue).map(\.subject) == [onward.id])
    #expect(said.filter(\.deleted.isTrue).map(\.subject) == [stays.id])
    #expect(said.filter(\.deleted.isTrue).map(\.reason) == [.lifetimeExpired])
    #expect(said.filter(\.received.isTrue).count == 2)
  }

  @Test func whatMakesRoomAndWhatIsTurnedAwayIsReported() throws {
    let node = try node(.reportDeletion, room: 4)
    for number in 1...4 as ClosedRange<UInt64> { bring([try bundle(number, to: "ipn:8.1")], to: node) }
    try node.agent.store.mark(2, .replicated)
    bring([try bundle(5, to: "ipn:8.1")], to: node)
    var hops = try bundle(6, to: "ipn:8.1")
    hops.hopCount = HopCount(limit: 3, count: 3)
    bring([hops], to: node)
    bring([hops], to: node)
    // A sender that tries again hears it once. There was no room for reports, and nothing was thrown out for them.
    #expect(node.agent.figures.reportsHeldBack == 2)
    #expect(node.agent.figures.reportsSent == 0)
    #expect(node.agent.bundleCount == 4)
    #expect(node.agent.discard(1))
    turns(node)
    #expect(try reports(node).map(\.reason) == [.cancelled])
  }

  @Test func nobodyCanMakeANodeFloodAnother() throws {
    let node = try node(.reportReception, perMinute: 10)
    bring(try (1...40).map { try bundle($0, to: "ipn:1.7", from: "ipn:\($0 + 4).1") }, to: node)
    #expect(node.agent.figures.reportsSent == 10)
    #expect(node.agent.figures.reportsHeldBack == 30)
    node.bundleTime += 12_000
    bring(try (41...60).map { try bundle($0, to: "ipn:1.7", from: "ipn:\($0 + 4).1") }, to: node)
    #expect(node.agent.figures.reportsSent == 12, "one in six seconds")
  }

  @Test func oneNodeDoesNotHaveAllTheReports() throws {
    let node = try node(.reportReception, perMinute: 10, room: 10_000)
    // Its services are many, and it is one.
    bring(try (1...40).map { try bundle($0, to: "ipn:1.7", from: "ipn:5.\($0)") }, to: node)
    #expect(node.agent.figures.reportsSent == 5)
    bring([try bundle(41, to: "ipn:1.7", from: "ipn:6.1")], to: node)
    #expect(node.agent.figures.reportsSent == 6)
    // More nodes than are counted have no more than the bound of all.
    bring(try (100...1500).map { try bundle($0, to: "ipn:1.7", from: "ipn:\($0).1") }, to: node)
    #expect(node.agent.figures.reportsSent == 10)
  }

  @Test func reportsThatComeAreReadAndKeptForPeople() throws {
    let node = try node()
    _ = node.agent.make(
      [1], to: try EndpointID("ipn:2.1"), service: "1", lifetime: 60_000, reports: [.reportDelivery])
    turns(node)
    guard case .bundle(_, let bytes)? = node.transfers.first?.message else {
      Issue.record("nothing was sent")
      return
    }
    let sent = try Bundle(bytes)
    #expect(sent.primary.flags == [.reportDelivery, .statusTime])
    #expect("\(sent.primary.reportTo)" == "ipn:1.0")
    var report = StatusReport(about: sent.id)
    report.delivered = .init(true, time: 5)
    let answer = try #require(
      report.bundle(
        about: sent, from: try EndpointID("ipn:2.0"), timestamp: CreationTimestamp(time: Self.time, sequence: 1),
        lifetime: 1000))
    bring([answer], to: node)
    #expect(node.agent.heard.map(\.report) == [report])
    #expect(node.agent.heard.map { "\($0.source)" } == ["ipn:2.0"])
    var other = answer
    other.blocks[0].data = [0x82, 0x18, 0x63, 0x80]
    other.primary.timestamp.sequence = 2
    bring([other], to: node)
    #expect(node.agent.heard.count == 1)
    #expect(!node.transfers.contains { if case .refused = $0.message { true } else { false } })
  }

  @Test func theBudgetIsNeverPassed() {
    var generator = SeededGenerator(4)
    for limit in [1, 7, 60, 100_000] as [UInt64] {
      var budget = RateBudget(perMinute: limit)
      var now: UInt64 = 1_000_000
      var taken: [UInt64] = []
      for _ in 0..<20_000 {
        now += generator.next() % (120_000 / limit + 2)
        if budget.take(now: now) { taken.append(now) }
      }
      #expect(!taken.isEmpty)
      var first = 0
      for (last, time) in taken.enumerated() {
        while taken[first] + 60_000 <= time { first += 1 }
        #expect(last - first + 1 <= Int(limit) * 2)
      }
    }
  }
}
