// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshWire
import Testing

@Suite struct ControlShapeTests {
  /// The shape survives, and every field that is missing or of a wrong type is an error or an absent value.
  func check<Shape: ControlShape>(_ shape: Shape) throws {
    #expect(try Shape(cbor: try CBOR.decode(shape.cbor.encode())) == shape)
    guard case .map(let pairs) = shape.cbor else { throw ControlError(.internal, "no map") }
    for index in pairs.indices {
      var wrong = pairs
      wrong[index].value = .negative(.max)
      #expect(throws: ControlError.self, "\(Shape.self) \(wrong[index].key)") { try Shape(cbor: .map(wrong)) }
    }
    #expect(throws: ControlError.self) { try Shape(cbor: .uint(1)) }
    let further = CBOR.map(pairs + [(key: .text("later"), value: .bool(true))])
    #expect(try Shape(cbor: further) == shape)
  }

  @Test func everyShapeSurvivesAndRefusesWrongTypes() throws {
    let transport = TransportInfo(
      name: "ws", plugin: "websocket", state: "failed", priority: 2, listeners: ["ws://0.0.0.0:1"], links: 3,
      bytesSent: 4, bytesReceived: .max, reason: "no")
    try check(
      NodeStatus(
        id: "mesh1x", version: "1", uptime: 2, configuration: "/c", peers: 3, sessions: 4, links: 5, memory: 6,
        messagesSent: 7, messagesReceived: 8, queued: 9, transports: [transport], problems: ["p"]))
    let peer = PeerInfo(
      id: "mesh1x", alias: "b", state: "idle", transport: "ws", roundTrip: 1, addresses: ["ws://b"], queued: 2,
      lastSeen: 3, source: "added")
    try check(PeerList(peers: [peer]))
    let command = CommandInfo(
      group: "htx", name: "ticket", arguments: "[FILE]", help: "h", changes: true, transports: ["htx"])
    try check(CommandList(commands: [command]))
    try check(CommandParams(group: "htx", name: "ticket", arguments: ["a"], json: true, transport: "t"))
    try check(CommandOutput(bytes: [1]))
    try check(PeerAddition(invitation: "i", alias: "a"))
    try check(PingReply(sequence: 1, roundTrip: 2, transport: "ws"))
    try check(PingSummary(sent: 1, received: 1, minimum: 1, mean: 2, maximum: 3))
    let path = WhyPath(
      transport: "ws", address: "ws://b", priority: 1, state: "chosen", roundTrip: 1, lastResult: "up", lastTime: 2,
      retryAfter: 3, reason: "r")
    let change = WhyChange(time: 1, from: "a", to: "b", reason: "r", gap: 2, requeued: 3)
    try check(
      WhyReport(peer: "p", alias: "a", state: "s", chosen: "ws", reason: "r", paths: [path], changes: [change]))
    try check(
      PluginInfo(id: "i", version: "v", abi: "1.0", path: "/p", state: "failed", reason: "r", schemes: ["ws"]))
    try check(PluginSwitch(id: "i", enabled: true))
    try check(LinkChoice(peer: "p", transport: "t"))
    try check(AbortedLink(peer: "p", transport: "t", link: 1))
    let problem = ConfigurationProblem(file: "f", line: 1, column: 2, message: "m", suggestion: "s")
    try check(ConfigurationReport(problems: [problem]))
    try check(ReloadReport(changes: ["c"], needRestart: ["k"]))
    try check(
      OutgoingMessage(peer: "p", protocolName: "/x/1", payload: [1], lifetime: 2, trafficClass: "bulk", key: [3]))
    try check(IncomingMessage(message: 1, peer: "p", protocolName: "/x", payload: [], key: [1], duplicate: true))
    try check(CopyOffer(peer: "p", fileName: "f", size: 1, digest: [1], force: true, trafficClass: "bulk"))
    try check(CopyProgress(state: "moved", offset: 1, transport: "ws", note: "n"))
    try check(CopyOutcome(fileName: "f", size: 1, digest: [2], duration: 3, resumedAt: 4, moves: 5))
  }

  @Test func signedNumbersKeepTheirEdges() throws {
    for number in [Int64.min, -1, 0, 1, Int64.max] {
      let fields = try ControlFields(.fields([("n", .integer(number))]), "test")
      #expect(try fields.integer("n") == number)
    }
    let fields = try ControlFields(.fields([("n", .uint(1 << 63)), ("m", .negative(1 << 63))]), "test")
    #expect(throws: ControlError.self) { try fields.integer("n") }
    #expect(throws: ControlError.self) { try fields.integer("m") }
  }
}
