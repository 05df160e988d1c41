extension ConfigurationBuilder {
  /// Transports in the order they are tried: by `transport_priority`, else by `priority:`, then as in the file.
  mutating func transports(_ sections: [String: DocumentNode.Entry]) -> [TransportSettings] {
    var result: [TransportSettings] = []
    var given: SourcePosition?
    for entry in SectionReader.entries(sections["transports"]?.value, path: "transports", &problems) {
      guard SchemaType.isName(entry.key) else {
        problems.report(
          SectionReader.join("transports", entry.key), "expected \(SchemaType.name.expectation)", at: entry.position)
        continue
      }
      let (transport, priority) = transport(entry)
      result.append(transport)
      given = given ?? priority
    }
    if let listed = sections["transport_priority"] {
      result = ordered(result, by: listed, conflict: given)
    } else {
      result = result.enumerated()
        .sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }.map(\.element)
    }
    if result.isEmpty, problems.problems.isEmpty {
      problems.report(
        "transport_priority", "no transport; expected at least one, such as transport_priority: [websocket]",
        at: sections["transport_priority"]?.position ?? .none)
    } else if !result.isEmpty, !result.contains(where: \.isEnabled) {
      problems.warn("transports", "every transport is disabled: no peer can be reached", at: .none)
    }
    return result
  }

  private mutating func transport(
    _ entry: DocumentNode.Entry
  ) -> (settings: TransportSettings, priority: SourcePosition?) {
    let (values, unknown) = SectionReader(paths: paths).read(
      entry.value, path: "transports.\(entry.key)", keys: Configuration.Schema.transport, keepsUnknown: true,
      &problems)
    var settings = plain(entry.key, priority: Int(values.optionalInteger("priority") ?? 100))
    settings.plugin = values.text("plugin") ?? entry.key
    settings.isEnabled = values.boolean("enabled")
    settings.listen = values.texts("listen")
    settings.advertise = values.texts("advertise")
    for (index, address) in settings.advertise.enumerated() where Self.isWildcard(address) {
      problems.report(
        "transports.\(entry.key).advertise", "found \(quoted(address)); expected an address that peers can reach",
        at: values.elementPosition("advertise", index))
    }
    settings.binding = values.choice("binding", TransportSettings.Binding.self) ?? .auto
    settings.pluginKeys = unknown
    settings.position = entry.position
    return (settings, values.isGiven("priority") ? values.position("priority") : nil)
  }

  /// Whether the host of an address stands for every address of this machine.
  private static func isWildcard(_ address: String) -> Bool {
    guard let start = address.firstRange(of: "://")?.upperBound else { return false }
    let authority = address[start...].prefix { $0 != "/" && $0 != "?" }
    return ["0.0.0.0", "[::]", "*"].contains { authority == $0 || authority.hasPrefix($0 + ":") }
  }

  private func plain(_ name: String, priority: Int) -> TransportSettings {
    TransportSettings(
      name: name, plugin: name, priority: priority, isEnabled: true, listen: [], advertise: [], binding: .auto,
      pluginKeys: [], position: .none, file: problems.file, paths: paths)
  }

  /// The listed ones first, with defaults for those that `transports` does not have; the rest behind them.
  private mutating func ordered(
    _ transports: [TransportSettings], by listed: DocumentNode.Entry, conflict: SourcePosition?
  ) -> [TransportSettings] {
    if let conflict {
      problems.report(
        "transports", "priority: is given as well as transport_priority on line \(listed.position.line); expected one",
        at: conflict)
    }
    let map = DocumentNode(.map([listed]), at: listed.position)
    let names = SectionReader(paths: paths).read(
      map, path: "", keys: [Configuration.Schema.priority], &problems
    ).values.texts("transport_priority")
    guard names.count <= 1000 else {
      problems.report("transport_priority", "\(names.count) names; expected at most 1000", at: listed.position)
      return transports
    }
    var result: [TransportSettings] = []
    for (index, name) in names.enumerated() {
      var settings = transports.first { $0.name == name } ?? plain(name, priority: 0)
      settings.priority = index + 1
      result.append(settings)
    }
    return result
      + transports.filter { !names.contains($0.name) }.map { rest in
        var rest = rest
        rest.priority = names.count + 1
        return rest
      }
  }
}
