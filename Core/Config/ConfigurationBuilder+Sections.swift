extension ConfigurationBuilder {
  mutating func node(_ entry: DocumentNode.Entry?) -> NodeSettings {
    let values = values("node", entry, Configuration.Schema.node)
    let state = values.text("state") ?? environment.stateFolder
    return NodeSettings(
      identity: values.text("identity") ?? state + "/identity.key", name: values.text("name"), state: state,
      access: values.choice("access", NodeSettings.Access.self) ?? .known,
      maxPeers: Int(values.integer("max_peers")), maxSessions: Int(values.integer("max_sessions")),
      idleTimeout: values.integer("idle_timeout"), stopTimeout: values.integer("stop_timeout"),
      busyPoll: values.choice("busy_poll", NodeSettings.BusyPoll.self) ?? .auto)
  }

  mutating func plugins(_ entry: DocumentNode.Entry?) -> PluginsSettings {
    let values = values("plugins", entry, Configuration.Schema.plugins)
    return PluginsSettings(
      directories: values.texts("directories"),
      trust: values.choice("trust", PluginsSettings.Trust.self) ?? .packaged)
  }

  mutating func control(_ entry: DocumentNode.Entry?) -> ControlSettings {
    let values = values("control", entry, Configuration.Schema.control)
    let settings = ControlSettings(
      socket: values.text("socket") ?? environment.runtimeFolder + "/client.sock",
      adminSocket: values.text("admin_socket") ?? environment.runtimeFolder + "/admin.sock",
      group: values.text("group") ?? "mesh")
    if settings.socket == settings.adminSocket {
      problems.report(
        "control.admin_socket", "the same path as control.socket; expected two sockets",
        at: values.position("admin_socket"))
    }
    for (key, path) in [("socket", settings.socket), ("admin_socket", settings.adminSocket)]
    where path.utf8.count > 107 {
      problems.report(
        "control.\(key)", "the path has \(path.utf8.count) bytes; expected at most 107, the limit of Unix sockets",
        at: values.position(key))
    }
    return settings
  }

  mutating func log(_ entry: DocumentNode.Entry?) -> LogSettings {
    let values = values("log", entry, Configuration.Schema.log)
    return LogSettings(
      level: values.choice("level", LogSettings.Level.self) ?? .info,
      format: values.choice("format", LogSettings.Format.self) ?? .auto)
  }

  mutating func metrics(_ entry: DocumentNode.Entry?) -> MetricsSettings {
    let values = values("metrics", entry, Configuration.Schema.metrics)
    let allowsRemote = values.boolean("allow_remote")
    if let listen = values.text("listen") {
      if let endpoint = MetricsSettings.endpoint(listen) {
        if !allowsRemote, !MetricsSettings.isLoopback(endpoint.host) {
          problems.report(
            "metrics.listen",
            "found \(quoted(listen)); expected a loopback address such as 127.0.0.1:9464, or allow_remote: true",
            at: values.position("listen"))
        }
      } else {
        problems.report(
          "metrics.listen", "found \(quoted(listen)); expected a numeric host:port such as 127.0.0.1:9464",
          at: values.position("listen"))
      }
    }
    return MetricsSettings(listen: values.text("listen"), allowsRemote: allowsRemote)
  }

  mutating func session(_ entry: DocumentNode.Entry?) -> SessionSettings {
    let values = values("session", entry, Configuration.Schema.session)
    return SessionSettings(
      rekeyPackets: values.integer("rekey_packets"), rekeyBytes: values.integer("rekey_bytes"),
      rekeyAfter: values.integer("rekey_after"), keepalive: values.integer("keepalive"),
      handshakeTimeout: values.integer("handshake_timeout"), ackDelay: values.integer("ack_delay"))
  }
}
