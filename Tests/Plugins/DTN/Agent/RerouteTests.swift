// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import Testing

@Suite struct RerouteTests {
  private static let time: UInt64 = 800_000_000_000

  private func node(_ routing: RoutingChoice, _ rules: [String]) throws -> AgentNode {
    var settings = AgentSettings()
    settings.routing = routing
    settings.rules = try rules.map { try RoutingRule($0) }
    settings.otherName = try EndpointID("ipn:1.0")
    let node = try AgentNode(1, settings: settings)
    for (index, name) in ["ipn:2.0", "ipn:3.0"].enumerated() {
      node.agent.came([UInt8(index)], node: try EndpointID(name), isNeighbour: true, isTrusted: true)
    }
    return node
  }

  /// Destinations of what went over each connection since the last call.
  private func sent(_ node: AgentNode) throws -> [UInt8: [String]] {
    for _ in 0..<4 { _ = node.agent.turn() }
    var found: [UInt8: [String]] = [:]
    for (message, connection) in node.transfers {
      guard case .bundle(let number, let bytes) = message, number > 0 else { continue }
      found[connection[0], default: []].append("\(try Bundle(bytes).primary.destination)")
    }
    node.transfers = []
    return found
  }

  private func send(_ node: AgentNode, _ destination: String) throws {
    #expect(
      node.agent.send([1], to: try EndpointID(destination), service: "1", lifetime: 600_000) == MESH_OK)
  }

  @Test func whatWaitsGoesByTheNewRules() throws {
    let node = try node(.direct, ["ipn:7.* via ipn:9.0"])
    for destination in ["ipn:7.1", "ipn:8.1", "ipn:2.1"] { try send(node, destination) }
    #expect(try sent(node) == [0: ["ipn:2.1"]])
    #expect(node.agent.reroute(rules: [try RoutingRule("ipn:7.* via ipn:3.0")], plan: []))
    #expect(try sent(node)[1] == ["ipn:7.1"])
    #expect(node.agent.way(to: try EndpointID("ipn:7.1")).neighbours == [try EndpointID("ipn:3.0")])
    let contact = Contact(
      from: try EndpointID("ipn:1.0"), to: try EndpointID("ipn:2.0"), start: Self.time, end: Self.time + 100_000,
      rate: 1000)
    let onward = Contact(
      from: try EndpointID("ipn:2.0"), to: try EndpointID("ipn:8.0"), start: Self.time, end: Self.time + 100_000,
      rate: 1000)
    #expect(node.agent.reroute(rules: [try RoutingRule("ipn:8.* contacts")], plan: [contact]))
    #expect(try sent(node)[0]?.contains("ipn:8.1") != true, "the plan leads nowhere")
    #expect(node.agent.reroute(rules: [try RoutingRule("ipn:8.* contacts")], plan: [contact, onward]))
    #expect(try sent(node)[0]?.contains("ipn:8.1") == true)
    #expect(node.agent.plan.count == 2)
  }

  @Test func anAnswerToWhatWasUnderWayStillCounts() throws {
    let node = try node(.direct, ["ipn:7.* via ipn:2.0"])
    try send(node, "ipn:7.1")
    for _ in 0..<4 { _ = node.agent.turn() }
    guard case .bundle(let number, _)? = node.transfers.first?.message else {
      Issue.record("nothing was sent")
      return
    }
    #expect(node.agent.reroute(rules: [try RoutingRule("ipn:7.* via ipn:9.0")], plan: []))
    node.agent.answered(number, nil, over: [0])
    #expect(node.agent.bundleCount == 0)
    try send(node, "ipn:7.2")
    node.transfers = []
    #expect(try sent(node).isEmpty)
  }

  @Test func protocolsThatTalkStayAsTheyAreOrNothingChanges() throws {
    let node = try node(.epidemic, ["ipn:7.* via ipn:2.0", "ipn:6.* spray 4"])
    try send(node, "ipn:7.1")
    try send(node, "ipn:5.1")
    #expect(try sent(node) == [0: ["ipn:7.1"]])
    for rules in [
      ["ipn:7.* epidemic"], ["ipn:6.* spray 4"], ["ipn:7.* via ipn:3.0", "ipn:6.* spray 5"],
      ["ipn:7.* direct", "ipn:5.* prophet", "ipn:6.* spray 4"], [],
    ] {
      #expect(!node.agent.reroute(rules: try rules.map { try RoutingRule($0) }, plan: []), "\(rules)")
    }
    #expect(node.agent.rules.map(\.pattern) == ["ipn:7.*", "ipn:6.*", "*"])
    // A rule takes a bundle from the flood: the number of a protocol that talks is the same as before.
    let rules = ["ipn:5.* via ipn:3.0", "ipn:6.* spray 4"]
    #expect(node.agent.reroute(rules: try rules.map { try RoutingRule($0) }, plan: []))
    #expect(try sent(node)[1] == ["ipn:5.1"])
    for _ in 0..<2 { #expect(node.agent.reroute(rules: try rules.map { try RoutingRule($0) }, plan: [])) }
  }
}
