/// Every scalar or list of the fixed sections with its schema, in the order of the schema: what is printed and what a
/// reload compares.
enum ConfigurationText {
  typealias Key = (schema: SchemaKey, value: SchemaValue?)

  static func sections(_ configuration: Configuration) -> [(name: String, keys: [Key])] {
    [
      ("node", pairs(Configuration.Schema.node, node(configuration.node))),
      ("plugins", pairs(Configuration.Schema.plugins, plugins(configuration.plugins))),
      ("control", pairs(Configuration.Schema.control, control(configuration.control))),
      ("log", pairs(Configuration.Schema.log, log(configuration.log))),
      ("metrics", pairs(Configuration.Schema.metrics, metrics(configuration.metrics))),
      ("session", pairs(Configuration.Schema.session, session(configuration.session))),
    ]
  }

  static func pairs(_ keys: [SchemaKey], _ values: [String: SchemaValue?]) -> [Key] {
    keys.map { ($0, values[$0.name] ?? nil) }
  }

  static func texts(_ values: [String]) -> SchemaValue { .list(values.map { .text($0) }) }

  private static func node(_ node: NodeSettings) -> [String: SchemaValue?] {
    [
      "identity": .text(node.identity), "name": node.name.map { .text($0) }, "state": .text(node.state),
      "access": .text(node.access.rawValue), "max_peers": .integer(Int64(node.maxPeers)),
      "max_sessions": .integer(Int64(node.maxSessions)), "idle_timeout": .integer(node.idleTimeout),
      "stop_timeout": .integer(node.stopTimeout), "busy_poll": .text(node.busyPoll.rawValue),
    ]
  }

  private static func plugins(_ plugins: PluginsSettings) -> [String: SchemaValue?] {
    ["directories": texts(plugins.directories), "trust": .text(plugins.trust.rawValue)]
  }

  private static func control(_ control: ControlSettings) -> [String: SchemaValue?] {
    [
      "socket": .text(control.socket), "admin_socket": .text(control.adminSocket), "group": .text(control.group),
    ]
  }

  private static func log(_ log: LogSettings) -> [String: SchemaValue?] {
    ["level": .text(log.level.rawValue), "format": .text(log.format.rawValue)]
  }

  private static func metrics(_ metrics: MetricsSettings) -> [String: SchemaValue?] {
    ["listen": metrics.listen.map { .text($0) }, "allow_remote": .boolean(metrics.allowsRemote)]
  }

  private static func session(_ session: SessionSettings) -> [String: SchemaValue?] {
    [
      "rekey_packets": .integer(session.rekeyPackets), "rekey_bytes": .integer(session.rekeyBytes),
      "rekey_after": .integer(session.rekeyAfter), "keepalive": .integer(session.keepalive),
      "handshake_timeout": .integer(session.handshakeTimeout), "ack_delay": .integer(session.ackDelay),
    ]
  }

  static func transport(_ transport: TransportSettings) -> [Key] {
    pairs(
      Configuration.Schema.transport,
      [
        "plugin": .text(transport.plugin), "priority": .integer(Int64(transport.priority)),
        "enabled": .boolean(transport.isEnabled), "listen": texts(transport.listen),
        "advertise": texts(transport.advertise), "binding": .text(transport.binding.rawValue),
      ])
  }

  static func policy(_ policy: PolicySettings) -> [Key] {
    pairs(
      Configuration.Schema.policy,
      [
        "forbid": texts(policy.forbid), "only": texts(policy.only), "weight": .integer(Int64(policy.weight)),
        "queue": .integer(Int64(policy.queue)), "drop": .text(policy.drop.rawValue),
      ])
  }

  static func peer(_ peer: PeerSettings) -> [Key] {
    pairs(
      Configuration.Schema.peer,
      [
        "id": .text(peer.id), "name": peer.name.map { .text($0) }, "addresses": texts(peer.addresses),
        "allow": peer.allow.map(texts),
      ])
  }

  static func `protocol`(_ settings: ProtocolSettings) -> [Key] {
    pairs(
      Configuration.Schema.protocol,
      [
        "enabled": .boolean(settings.isEnabled), "allow": texts(settings.allow),
        "folder": settings.folder.map { .text($0) }, "max_size": .integer(settings.maxSize),
      ])
  }
}
