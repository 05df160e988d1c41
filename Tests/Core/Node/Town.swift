// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshObserve
import Testing

/// Nodes of one test, all on one real loop, with the real plugin host and the real Unix plugin.
final class Town {
  let loop: EventLoop
  let folder = TemporaryFolder.make()
  private let plugins: String

  private var nodes: [Node] = []

  init() throws {
    loop = try EventLoop()
    plugins = try TemporaryFolder.withPlugins()
  }

  deinit {
    var running = nodes.count
    for node in nodes {
      node.onStopped = { running -= 1 }
      node.stop(drain: 0)
    }
    let end = MonotonicClock.read() + 60_000_000_000
    while running > 0, MonotonicClock.read() < end { loop.runOnce(maxWait: 5_000_000) }
    loop.close()
  }

  /// The configuration of the node in `name`'s folder; `transports` are entries such as `first: { plugin: unix }`.
  func configuration(_ name: String, transports: [String]? = nil, node: String = "", rest: String = "") throws
    -> Configuration
  {
    let entries = transports ?? [listening(name, "first")]
    return try Configuration.parse(
      text: """
        node: { state: \(folder)/\(name), access: known, stop_timeout: 1s\(node) }
        plugins: { directories: [\(plugins)], trust: any }
        transports:
        \(entries.map { "  \($0)" }.joined(separator: "\n"))
        \(rest)
        """, name: "\(folder)/\(name).yaml")
  }

  /// A transport over the Unix plugin that listens.
  func listening(_ node: String, _ transport: String, priority: Int = 1) -> String {
    "\(transport): { plugin: unix, priority: \(priority), listen: [\"\(address(node, transport))\"] }"
  }

  func address(_ node: String, _ transport: String) -> String { "unix://\(folder)/\(node)-\(transport).sock" }

  func start(_ configuration: Configuration) throws -> Node {
    let node = try Node(configuration: configuration, loop: loop, log: .silent)
    nodes.append(node)
    try node.start()
    try wait("the transports run") { node.transports.allSatisfy { $0.isRunning || $0.problem != nil || !$0.isEnabled } }
    return node
  }

  func start(_ name: String) throws -> Node { try start(configuration(name)) }

  /// Makes two nodes known to each other and waits until they are connected.
  func introduce(_ first: Node, _ second: Node, names: (String, String) = ("a", "b")) throws {
    _ = try first.addPeer(invitation(of: second), alias: names.1)
    _ = try second.addPeer(invitation(of: first), alias: names.0)
    try wait("both are connected") { first.connectedPeers == 1 && second.connectedPeers == 1 }
  }

  func invitation(of node: Node) throws -> Invitation {
    try Invitation(id: node.identity.id, addresses: node.advertisedAddresses)
  }

  func stop(_ node: Node) throws {
    var isStopped = false
    node.onStopped = { isStopped = true }
    node.stop(drain: 1_000_000_000)
    try wait("the node has stopped") { isStopped }
    nodes.removeAll { $0 === node }
  }

  /// Turns of the loop until `condition` holds; the test fails when it does not within a minute.
  func wait(_ what: String, _ condition: () -> Bool) throws {
    let end = MonotonicClock.read() + 60_000_000_000
    while !condition() {
      try #require(MonotonicClock.read() < end, "never true: \(what)")
      loop.runOnce(maxWait: 5_000_000)
    }
  }

  /// As many turns as anything that was going to happen would need.
  func settle() {
    for _ in 0..<40 { loop.runOnce(maxWait: 1_000_000) }
  }
}
