/// What differs between two configurations, for a reload that is all or nothing.
public struct ConfigurationChange: Equatable, Sendable {
  /// Whether a part can change while the node runs.
  public enum Effect: Equatable, Sendable {
    /// Takes effect at once.
    case live
    /// Needs a restart of the node.
    case restart
    /// The transport's plugin says: its own keys are live or not by its options.
    case plugin
  }

  /// One part that differs.
  public struct Item: Equatable, Sendable {
    /// The key with its sections, such as `node.max_peers` or `transports.htx`.
    public var key: String
    /// What changing it takes.
    public var effect: Effect
  }

  /// What differs; empty when both mean the same.
  public var items: [Item]

  /// Keys that cannot change while the node runs.
  public var restarts: [String] { items.filter { $0.effect == .restart }.map(\.key) }

  /// Transports of the new configuration that the old one does not have, by name.
  public var added: [String]
  /// Transports that are gone, by name.
  public var removed: [String]
  /// Transports of which some key differs, by name.
  public var changed: [String]

  /// Compares two configurations.
  public static func between(_ old: Configuration, _ new: Configuration) -> ConfigurationChange {
    var change = ConfigurationChange(items: [], added: [], removed: [], changed: [])
    let before = ConfigurationText.sections(old)
    let after = ConfigurationText.sections(new)
    for ((name, keys), (_, newKeys)) in zip(before, after) {
      for (key, newKey) in zip(keys, newKeys) where key.value != newKey.value {
        change.items.append(Item(key: "\(name).\(key.schema.name)", effect: key.schema.isLive ? .live : .restart))
      }
    }
    change.compareTransports(old.transports, new.transports)
    for (old, new) in zip(old.policies, new.policies) where old != new {
      change.items.append(Item(key: "policy.\(new.trafficClass.name)", effect: .live))
    }
    if old.peers != new.peers { change.items.append(Item(key: "peers", effect: .live)) }
    if old.protocols != new.protocols { change.items.append(Item(key: "protocols", effect: .live)) }
    return change
  }

  private mutating func compareTransports(_ old: [TransportSettings], _ new: [TransportSettings]) {
    let before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let names = Set(new.map(\.name))
    for transport in new {
      let path = "transports.\(transport.name)"
      guard let earlier = before[transport.name] else {
        added.append(transport.name)
        items.append(Item(key: path, effect: .live))
        continue
      }
      guard earlier != transport else { continue }
      changed.append(transport.name)
      let ownKeys = DocumentNode.Content.map(earlier.pluginKeys).hasSameMeaning(as: .map(transport.pluginKeys))
      if !ownKeys || earlier.paths != transport.paths { items.append(Item(key: path, effect: .plugin)) }
      if earlier.plugin != transport.plugin { items.append(Item(key: path + ".plugin", effect: .restart)) }
      if earlier.binding != transport.binding { items.append(Item(key: path + ".binding", effect: .restart)) }
      let live: [(String, Bool)] = [
        ("priority", earlier.priority == transport.priority), ("enabled", earlier.isEnabled == transport.isEnabled),
        ("listen", earlier.listen == transport.listen), ("advertise", earlier.advertise == transport.advertise),
      ]
      for (key, same) in live where !same { items.append(Item(key: "\(path).\(key)", effect: .live)) }
    }
    for transport in old where !names.contains(transport.name) {
      removed.append(transport.name)
      items.append(Item(key: "transports.\(transport.name)", effect: .live))
    }
  }
}
