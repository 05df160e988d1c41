// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleStore
import CMeshABI
import MeshWire

/// An agent with a host that writes down what it hears, and a session that is as long as the script says.
final class AgentNode: AgentHost {
  struct Report: Equatable {
    var token: UInt64
    var kind: UInt32
    var code: Int32
  }

  let key: [UInt8]
  /// The clock of days; time goes on for both clocks when it does, unless it is set.
  var bundleTime: UInt64 = 800_000_000_000
  private var steadyLead: UInt64 = 100_000
  var steadyTime: UInt64 { bundleTime &+ steadyLead }
  /// Somebody sets the clock of days.
  func setClock(to time: UInt64) {
    steadyLead = steadyTime &- time
    bundleTime = time
  }
  /// Time goes on where the clock of days stands still.
  func wait(_ milliseconds: UInt64) { steadyLead &+= milliseconds }
  var reports: [Report] = []
  var arrivals: [(id: [UInt8], envelope: [UInt8])] = []
  var takesArrivals = true
  /// Messages for neighbours that are on their way.
  var outbox: [(message: [UInt8], to: [UInt8], token: UInt64)] = []
  /// What went over connections of convergence layers.
  var transfers: [(message: NeighbourMessage, connection: [UInt8])] = []
  var hasRoom = true
  /// Bytes that a bundle over a connection may have.
  var largestTransfer = UInt64.max
  /// Transfers that still go over connections.
  var transfersLeft = Int.max
  var lines: [String] = []
  private(set) var agent: BundleAgent!

  init(_ number: UInt8, store: BundleStore = BundleStore(), settings: AgentSettings = AgentSettings()) throws {
    key = [UInt8](repeating: number, count: 32)
    agent = BundleAgent(key: key, store: store, settings: settings, host: self)
    agent.restore()
  }

  func report(_ token: UInt64, _ kind: UInt32, _ code: Int32) {
    reports.append(Report(token: token, kind: kind, code: code))
  }
  func arrived(_ id: [UInt8], _ envelope: [UInt8]) -> Bool {
    guard takesArrivals else { return false }
    arrivals.append((id, envelope))
    return true
  }
  func send(_ message: [UInt8], to neighbour: [UInt8], token: UInt64) -> Bool {
    guard hasRoom else { return false }
    outbox.append((message, neighbour, token))
    return true
  }
  func transfer(_ message: NeighbourMessage, over connection: [UInt8]) -> Bool {
    if case .bundle(_, let bytes) = message {
      guard transfersLeft > 0 else { return false }
      transfersLeft -= 1
      if UInt64(bytes.count) > largestTransfer {
        if case .bundle(let number, _) = message { agent.answered(number, .notAcceptable, over: connection) }
        return true
      }
    }
    transfers.append((message, connection))
    return true
  }
  func largestTransfer(over connection: [UInt8]) -> UInt64 { largestTransfer }
  func log(_ level: UInt32, _ text: String) { lines.append(text) }

  func submit(_ envelope: [UInt8], to other: AgentNode, token: UInt64, lifetime: UInt64 = 86_400_000) -> Int32 {
    envelope.withUnsafeBytes {
      agent.submit($0, for: other.key, token: token, lifetime: lifetime, trafficClass: MESH_TCLASS_NORMAL)
    }
  }

  /// Messages of nodes that may be offered again.
  var resumed: [[UInt8]] = []
  func resume(_ neighbour: [UInt8]) { resumed.append(neighbour) }

  /// A message over the session; false when it is to be offered again.
  @discardableResult func hear(_ message: [UInt8], from node: AgentNode) -> Bool {
    message.withUnsafeBytes { agent.message($0, from: node.key) }
  }

  func kinds(_ token: UInt64) -> [UInt32] { reports.filter { $0.token == token }.map(\.kind) }
}

/// Agents and who can reach whom.
final class AgentWorld {
  var nodes: [AgentNode]
  private var links: Set<[UInt8]> = []
  /// Ways without a link on which messages wait.
  private var waiting: Set<[UInt8]> = []
  /// Which messages stay under way until `release`, and those.
  var holds: ((NeighbourMessage) -> Bool)?
  private(set) var held: [(message: [UInt8], from: AgentNode, to: AgentNode)] = []

  init(_ nodes: [AgentNode]) { self.nodes = nodes }

  func meet(_ one: AgentNode, _ other: AgentNode) {
    link(one, other)
    one.agent.came(other.key)
    other.agent.came(one.key)
  }

  /// A session of which neither agent hears.
  func link(_ one: AgentNode, _ other: AgentNode) { links.formUnion([one.key + other.key, other.key + one.key]) }

  /// - Parameter keeping: sessions outlive links: what is in them then is not lost, and arrives when they meet again.
  func part(_ one: AgentNode, _ other: AgentNode, keeping: Bool = false) {
    let ways = [one.key + other.key, other.key + one.key]
    links.subtract(ways)
    one.agent.went(other.key)
    other.agent.went(one.key)
    if keeping { return waiting.formUnion(ways) }
    waiting.subtract(ways)
    one.outbox.removeAll { $0.to == other.key }
    other.outbox.removeAll { $0.to == one.key }
  }

  /// What was held arrives, and nothing is held any more; `to` may be another life of the receiver.
  func release(to receiver: AgentNode? = nil) {
    holds = nil
    for one in held { (receiver ?? one.to).hear(one.message, from: one.from) }
    held = []
  }

  /// Turns until nothing moves.
  func run(_ turns: Int = 60) {
    for _ in 0..<turns {
      for node in nodes { _ = node.agent.turn() }
      for node in nodes {
        let messages = node.outbox
        node.outbox = []
        for one in messages {
          guard links.contains(node.key + one.to), let other = nodes.first(where: { $0.key == one.to }) else {
            if waiting.contains(node.key + one.to) { node.outbox.append(one) }
            continue
          }
          if let holds, let message = one.message.withUnsafeBytes({ NeighbourMessage($0) }), holds(message) {
            held.append((one.message, node, other))
            continue
          }
          guard other.hear(one.message, from: node) else {
            node.outbox.append(one)
            continue
          }
          if one.token != 0 { node.agent.sent(one.token, MESH_OK) }
        }
      }
    }
  }
}
