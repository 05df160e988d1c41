// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import Testing

@Suite struct RoutingRuleTests {
  @Test func aRuleIsAPatternAndAProtocol() throws {
    #expect(try RoutingRule("ipn:4.* contacts").choice == .contacts)
    #expect(try RoutingRule("* spray").choice == .sprayAndWait(copies: 8))
    #expect(try RoutingRule("dtn://ship/* spray 4").choice == .sprayAndWait(copies: 4))
    let via = try RoutingRule("ipn:4.7   via ipn:2.9 dtn://hub/inbox")
    #expect(via.choice == .via([try EndpointID("ipn:2.0"), try EndpointID("dtn://hub/")]))
    #expect("\(via.choice)" == "via ipn:2.0 dtn://hub/")
    #expect(via.destinations.matches(try EndpointID("ipn:4.7")))
    #expect(!via.destinations.matches(try EndpointID("ipn:4.8")))
  }

  @Test(arguments: [
    "", "*", "ipn:4.*", "ipn:4 direct", "* spray 0", "* spray 2000", "* spray x", "* spray 1 2", "* via", "* via b",
    "* via dtn:none", "* direct ipn:4.0", "a*b direct", "* hope",
  ])
  func whatIsNoRuleIsTold(_ text: String) { #expect(throws: BundleError.self) { try RoutingRule(text) } }

  private func node(_ rules: [String], plan: [Contact] = []) throws -> AgentNode {
    var settings = AgentSettings()
    settings.routing = .direct
    settings.rules = try rules.map { try RoutingRule($0) }
    settings.plan = plan
    settings.otherName = try EndpointID("ipn:1.0")
    let node = try AgentNode(1, settings: settings)
    for (index, name) in ["ipn:2.0", "ipn:3.0"].enumerated() {
      node.agent.came([UInt8(index)], node: try EndpointID(name), isNeighbour: true, isTrusted: true)
    }
    return node
  }

  /// The connections over which a bundle for a destination goes.
  private func ways(_ node: AgentNode, to destination: String) throws -> [[UInt8]] {
    node.transfers = []
    _ = node.agent.send([1], to: try EndpointID(destination), service: "terminal", lifetime: 60_000)
    for _ in 0..<4 { _ = node.agent.turn() }
    return node.transfers.map(\.connection).sorted { $0[0] < $1[0] }
  }

  @Test func theFirstRuleThatFitsDecides() throws {
    let node = try node(["ipn:7.1 via ipn:2.0", "ipn:7.* via ipn:9.0 ipn:3.0", "dtn://all/* via ipn:3.0"])
    #expect(try ways(node, to: "ipn:7.1") == [[0]])
    #expect(try ways(node, to: "ipn:7.2") == [[1]])
    #expect(try ways(node, to: "dtn://all/x") == [[1]])
    #expect(try ways(node, to: "dtn://other/x").isEmpty)
    #expect(try ways(node, to: "ipn:2.5") == [[0]])
  }

  @Test func whatWasHereBeforeTheStartGoesByItsRule() throws {
    var settings = AgentSettings()
    settings.routing = .epidemic
    settings.rules = try ["ipn:7.* via ipn:3.0", "ipn:8.* spray 8"].map { try RoutingRule($0) }
    settings.otherName = try EndpointID("ipn:1.0")
    let store = BundleStore()
    do {
      let before = try AgentNode(1, store: store, settings: settings)
      for destination in ["ipn:7.1", "ipn:8.1", "ipn:9.1", "ipn:2.1"] {
        _ = before.agent.send([1], to: try EndpointID(destination), service: "terminal", lifetime: 60_000)
      }
      _ = before.agent.turn()
    }
    let node = try AgentNode(1, store: store, settings: settings)
    for (index, name) in ["ipn:2.0", "ipn:3.0"].enumerated() {
      node.agent.came([UInt8(index)], node: try EndpointID(name), isNeighbour: true, isTrusted: true)
    }
    // Neighbours that tell nothing get what is for them, by the flood and by fixed rules.
    node.bundleTime += 6000
    for _ in 0..<4 { _ = node.agent.turn() }
    var sent: [[UInt8]: [String]] = [:]
    for (message, connection) in node.transfers {
      if case .bundle(let number, let bytes) = message, number > 0 {
        sent[connection, default: []].append("\(try Bundle(bytes).primary.destination)")
      }
    }
    #expect(sent[[0]] == ["ipn:2.1"])
    #expect(sent[[1]] == ["ipn:7.1"])
    for sequence in 1...4 as ClosedRange<UInt64> { #expect(node.agent.discard(sequence)) }
    #expect(node.agent.bundleCount == 0)
  }

  @Test func aPlanLeadsOverItsContacts() throws {
    let now: UInt64 = 800_000_000_000
    let two = try EndpointID("ipn:2.0")
    let far = try EndpointID("ipn:8.0")
    let plan = [
      Contact(from: try EndpointID("ipn:1.0"), to: two, start: now, end: now + 100_000, rate: 1000),
      Contact(from: two, to: far, start: now + 5000, end: now + 100_000, rate: 1000),
    ]
    let node = try node(["ipn:8.* contacts"], plan: plan)
    #expect(try ways(node, to: "ipn:8.1") == [[0]])
    let way = node.agent.way(to: try EndpointID("ipn:8.1"))
    #expect(way.route?.contacts.map(\.to) == [two, far])
    #expect(way.route?.arrival == now + 6000)
    #expect(way.neighbours == [two])
    #expect(node.agent.way(to: try EndpointID("ipn:3.1")).choice == .direct)
  }

  /// With a node that speaks no routing of this mesh there is nothing to wait for.
  @Test(arguments: ["ipn:3.0", nil]) func whatIsForANeighbourOfAnotherKindGoesAtOnce(_ name: String?) throws {
    var settings = AgentSettings()
    settings.otherName = try name.map { try EndpointID($0) }
    settings.routing = .epidemic
    let node = try AgentNode(1, settings: settings)
    node.agent.came([1], node: try EndpointID("ipn:2.0"), isNeighbour: true, isTrusted: true)
    for destination in ["ipn:2.7", "ipn:9.1"] {
      #expect(
        node.agent.send([1], to: try EndpointID(destination), service: "s", lifetime: 60_000) == MESH_OK)
    }
    for _ in 0..<3 { _ = node.agent.turn() }
    let sent = try node.transfers.compactMap { message, _ -> String? in
      guard case .bundle(_, let bytes) = message else { return nil }
      return "\(try Bundle(bytes).primary.destination)"
    }
    #expect(sent == ["ipn:2.7"])
  }

  @Test func nobodyIsNoDestination() throws {
    let node = try AgentNode(1)
    for text in ["dtn:none", "ipn:0.0"] {
      #expect(node.agent.send([1], to: try EndpointID(text), service: "s", lifetime: 9) == MESH_E_INVALID)
    }
    // One that comes from elsewhere is taken, and goes no further (RFC 9171 section 4.2.5.1.1).
    node.agent.came([1], node: try EndpointID("ipn:2.0"), isNeighbour: true, isTrusted: true)
    let bundle = Bundle(
      primary: PrimaryBlock(
        destination: .none, source: try EndpointID("ipn:2.1"),
        timestamp: CreationTimestamp(time: 799_999_999_000, sequence: 1), lifetime: 3_600_000), payload: [1])
    node.agent.arrived(bundle.encoded, number: 4, over: [1])
    _ = node.agent.turn()
    #expect(node.agent.bundleCount == 0)
    #expect(node.transfers.map(\.message) == [.taken(number: 4)])
  }
}
