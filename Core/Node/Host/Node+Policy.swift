// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshEventLoop
import MeshMultiplexer
import MeshPluginHost
import MeshSession
import MeshTransportManager

extension Node {
  /// Hands the order of transports and the rules per class to the core.
  func applyPolicy() {
    let entries = transports.filter { !$0.isRemoved }.map { transport in
      TransportEntry(
        name: transport.name, instance: transport.index, priorityGroup: transport.settings.priority,
        schemes: transport.plugin?.info.schemes.map { $0.lowercased() } ?? [],
        capabilities: transport.plugin.map { Node.pathCapabilities($0.info.capabilities) } ?? PathCapabilities(),
        isAvailable: transport.isEnabled && transport.isRunning)
    }
    var rules = [ClassRule()]
    for policy in configuration.policies { rules.append(ClassRule(forbid: Set(policy.forbid), only: Set(policy.only))) }
    let order = configuration.transports.map(\.name)
    let sorted = entries.sorted {
      (order.firstIndex(of: $0.name) ?? order.count) < (order.firstIndex(of: $1.name) ?? order.count)
    }
    core.setPolicy(TransportPolicy(transports: sorted, classRules: rules), now: loop.now)
    wantTurn()
  }

  static func sessionOptions(_ configuration: Configuration) -> SessionOptions {
    let settings = configuration.session
    var options = SessionOptions()
    options.handshakeTimeout = UInt64(settings.handshakeTimeout)
    options.acknowledgementDelay = UInt64(settings.ackDelay)
    // Never: so far away that no sum of times overflows.
    options.keepAlive = settings.keepalive == 0 ? 100_000_000_000_000_000 : UInt64(settings.keepalive)
    options.rekeyPackets = UInt64(settings.rekeyPackets)
    options.rekeyBytes = UInt64(settings.rekeyBytes)
    options.rekeyAfter = UInt64(settings.rekeyAfter)
    options.idleTimeout = UInt64(configuration.node.idleTimeout)
    options.parameters = multiplexerOptions(configuration).parameters
    return options
  }

  private static func dropRule(_ drop: PolicySettings.Drop) -> QueueRule.Drop {
    switch drop {
    case .refuse: .refuse
    case .oldest: .oldest
    case .expired: .expired
    }
  }

  static func multiplexerOptions(_ configuration: Configuration) -> MultiplexerOptions {
    var options = MultiplexerOptions()
    options.weights = [1] + configuration.policies.map(\.weight)
    options.queues = [QueueRule(limit: options.sendBuffer)]
    options.queues += configuration.policies.map { QueueRule(limit: $0.queue, drop: Node.dropRule($0.drop)) }
    return options
  }
}
