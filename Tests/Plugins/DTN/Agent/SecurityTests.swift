// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleSecurity
import CMeshABI
import MeshCrypto
import TestSupport
import Testing

@testable import BundleAgent

@Suite struct SecurityTests {
  private static func key(_ byte: UInt8, _ count: Int = 32) -> SecretBytes {
    SecretBytes([UInt8](repeating: byte, count: count))
  }

  private func rule(_ action: SecurityRule.Action, _ pattern: String, _ byte: UInt8) throws -> SecurityRule {
    SecurityRule(action, try EndpointPattern(pattern), key: Self.key(byte))
  }

  private func bundle(_ number: UInt64 = 1, payload: [UInt8] = Array("a secret".utf8)) throws -> Bundle {
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: try EndpointID("ipn:2.3"), source: try EndpointID("ipn:1.1"),
        timestamp: CreationTimestamp(time: 800_000_000_000, sequence: number), lifetime: 60_000), payload: payload)
    bundle.hopCount = HopCount(limit: 9, count: 0)
    return bundle
  }

  @Test func whatIsSignedAndEncryptedComesBackAsItWas() throws {
    let one = try EndpointID("ipn:1.0")
    let plain = try bundle()
    for (actions, back) in [
      ([.sign], [.verify]), ([.encrypt], [.decrypt]), ([.sign, .encrypt], [.decrypt, .verify]),
    ] as [([SecurityRule.Action], [SecurityRule.Action])] {
      let sender = SecurityPolicy(rules: try actions.map { try rule($0, "ipn:2.*", $0 == .sign ? 1 : 2) })
      let receiver = SecurityPolicy(rules: try back.map { try rule($0, "ipn:1.*", $0 == .verify ? 1 : 2) })
      var bundle = plain
      try sender.protect(&bundle, by: one)
      #expect((bundle.payload == plain.payload) == !actions.contains(.encrypt))
      #expect(bundle.primary.flags == .mustNotFragment)
      // Nodes on the way write blocks of their own.
      bundle.hopCount?.count = 1
      bundle.previousNode = one
      var arrived = try Bundle(bundle.encoded)
      #expect(receiver.open(&arrived) == nil)
      #expect(arrived.payload == plain.payload)
      #expect(!arrived.blocks.contains { $0.type == .confidentiality })
      // The keys of others open nothing.
      for action in back {
        var wrong = receiver
        wrong.rules = try receiver.rules.map {
          try rule($0.action, "ipn:1.*", $0.action == action ? 9 : $0.action == .verify ? 1 : 2)
        }
        var same = try Bundle(bundle.encoded)
        #expect(wrong.open(&same) == .failedSecurity)
      }
    }
  }

  @Test func whatIsNotProtectedIsMissedAndWhatCannotBeReadIsRefused() throws {
    for action in [.verify, .decrypt] as [SecurityRule.Action] {
      var plain = try bundle()
      #expect(SecurityPolicy(rules: [try rule(action, "ipn:1.*", 1)]).open(&plain) == .missingSecurity)
      #expect(SecurityPolicy(rules: [try rule(action, "ipn:4.*", 1)]).open(&plain) == nil)
    }
    var sealed = try bundle()
    try SecurityPolicy(rules: [try rule(.encrypt, "*", 1)]).protect(&sealed, by: try EndpointID("ipn:1.0"))
    var unsigned = sealed
    #expect(SecurityPolicy().open(&sealed) == .unknownSecurity)
    let strict = SecurityPolicy(rules: [try rule(.decrypt, "*", 1), try rule(.verify, "*", 1)])
    #expect(strict.open(&unsigned) == .missingSecurity)
  }

  @Test func aSignatureHoldsForItsBundleOnly() throws {
    let receiver = SecurityPolicy(rules: [try rule(.verify, "*", 1)])
    var signed = try bundle()
    try SecurityPolicy(rules: [try rule(.sign, "*", 1)]).protect(&signed, by: try EndpointID("ipn:1.0"))
    var changes: [Bundle] = []
    for change in 0..<4 {
      var other = signed
      switch change {
      case 0: other.primary.lifetime += 1
      case 1: other.primary.timestamp.sequence += 1
      case 2: other.primary.source = try EndpointID("ipn:1.2")
      default: other.blocks[other.blocks.count - 1].data[0] ^= 1
      }
      changes.append(other)
    }
    // A right one whose scope leaves the primary block out says nothing about this bundle.
    var narrow = try bundle()
    try Self.key(1).withBytes { key in
      try IntegrityContext.add(
        to: &narrow, number: 5, targets: [1], source: try EndpointID("ipn:1.0"), scope: .targetHeader, key: key)
    }
    changes.append(narrow)
    for var one in changes { #expect(receiver.open(&one) == .failedSecurity) }
    #expect(receiver.open(&signed) == nil)
  }

  @Test func aBlockMayCarryItsKeyUnderThatOfTheRule() throws {
    var bundle = try bundle()
    try Self.key(7, 48).withBytes { key in
      let wrapped = try Self.key(1).withBytes { try KeyWrap.wrap(key, with: $0) }
      try IntegrityContext.add(
        to: &bundle, number: 5, targets: [1], source: try EndpointID("ipn:1.0"), key: key, wrappedKey: wrapped)
    }
    #expect(SecurityPolicy(rules: [try rule(.verify, "*", 1)]).open(&bundle) == nil)
    #expect(SecurityPolicy(rules: [try rule(.verify, "*", 2)]).open(&bundle) == .failedSecurity)
  }

  @Test func noChangeOfAProtectedBundleIsTakenForAnother() throws {
    var generator = SeededGenerator(31)
    let receiver = SecurityPolicy(rules: [try rule(.decrypt, "*", 2), try rule(.verify, "*", 1)])
    var sealed = try bundle()
    try SecurityPolicy(rules: [try rule(.sign, "*", 1), try rule(.encrypt, "*", 2)])
      .protect(&sealed, by: try EndpointID("ipn:1.0"))
    for index in sealed.blocks.indices { sealed.blocks[index].checksum = .none }
    sealed.primary.checksum = .none
    let bytes = sealed.encoded
    for _ in 0..<3000 {
      var changed = bytes
      changed[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 << (generator.next() % 8))
      guard var other = try? Bundle(changed, limits: .lenient), receiver.open(&other) == nil else { continue }
      #expect(other.payload == Array("a secret".utf8))
      #expect(other.primary == sealed.primary)
    }
  }

  /// Two agents and what goes over the connection between them.
  private func exchange(_ theirs: UInt8) throws -> (sender: AgentNode, receiver: AgentNode) {
    var settings = AgentSettings()
    settings.routing = .direct
    settings.otherName = try EndpointID("ipn:1.0")
    settings.security = [try rule(.sign, "ipn:2.*", 1), try rule(.encrypt, "ipn:2.*", 2)]
    let sender = try AgentNode(1, settings: settings)
    settings.otherName = try EndpointID("ipn:2.0")
    settings.security = [try rule(.verify, "ipn:1.*", theirs), try rule(.decrypt, "ipn:1.*", 2)]
    settings.reports = .reportDeletion
    let receiver = try AgentNode(2, settings: settings)
    sender.agent.came([2], node: try EndpointID("ipn:2.0"), isNeighbour: true, isTrusted: true)
    receiver.agent.came([1], node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: true)
    _ = sender.agent.make(
      Array("hidden".utf8), to: try EndpointID("ipn:2.3"), service: "1", lifetime: 60_000, reports: .reportDeletion)
    for _ in 0..<4 { _ = sender.agent.turn() }
    for (message, _) in sender.transfers {
      guard case .bundle(let number, let bytes) = message else { continue }
      #expect(!bytes.contains(Array("hidden".utf8)))
      receiver.agent.arrived(bytes, number: number, over: [1])
    }
    for _ in 0..<4 { _ = receiver.agent.turn() }
    return (sender, receiver)
  }

  @Test func anAgentTakesWhatFitsItsRulesAndRefusesTheRest() throws {
    let good = try exchange(1).receiver
    let first = try #require(good.agent.waiting(for: "3", limit: 5).first)
    let shown = try #require(good.agent.show(first))
    #expect(shown.bundle.payload == Array("hidden".utf8))
    let bad = try exchange(9).receiver
    #expect(bad.agent.bundleCount == 1, "the report of its refusal")
    #expect(bad.agent.figures.insecure == 1)
    #expect(bad.transfers.contains { if case .refused(_, .notAcceptable) = $0.message { true } else { false } })
    #expect(bad.lines.contains { $0.contains("does not fit the key") })
    let reports = try bad.transfers.compactMap { message, _ -> StatusReport? in
      guard case .bundle(_, let bytes) = message else { return nil }
      return try StatusReport.read(try Bundle(bytes).payload)
    }
    #expect(reports.map(\.reason) == [.failedSecurity])
  }

  /// A fragment is checked with the bundle that it becomes, so nothing may be read of it before.
  @Test func nothingIsReadOfAFragmentThatWasNotChecked() throws {
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:2.0")
    settings.security = [try rule(.verify, "*", 1)]
    let about = try bundle()
    var report = StatusReport(about: about.id)
    report.delivered = .init(true, time: nil)
    for isAllowed in [false, true] {
      if isAllowed { settings.security = [] }
      let node = try AgentNode(2, settings: settings)
      node.agent.came([1], node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: false)
      let record = Bundle(
        primary: PrimaryBlock(
          destination: try EndpointID("ipn:2.0"), source: try EndpointID("ipn:1.0"),
          timestamp: CreationTimestamp(time: 800_000_000_000, sequence: 3), lifetime: 60_000, flags: .administrative),
        payload: report.encoded)
      var whole = record
      whole.primary.flags.insert(.fragment)
      whole.primary.fragment = .init(offset: 0, total: UInt64(record.payload.count))
      for (number, one) in ([whole] + (try record.fragments(size: 9))).enumerated() {
        node.agent.arrived(one.encoded, number: UInt64(number), over: [1])
        for _ in 0..<4 { _ = node.agent.turn() }
      }
      #expect(!node.agent.heard.isEmpty == isAllowed)
      // What was refused waits for a fragment that says something else, or for its lifetime to pass.
      #expect(node.agent.bundleCount == (isAllowed ? 0 : 1))
    }
  }
}
