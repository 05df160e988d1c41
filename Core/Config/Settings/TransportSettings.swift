/// One entry of `transports:`, an instance of a plugin.
public struct TransportSettings: Equatable, Sendable {
  /// Whether sessions must be tied to the link's own encryption.
  public enum Binding: String, Equatable, Sendable, CaseIterable {
    /// Used where the link offers it.
    case auto
    /// Never, for links behind a proxy that ends TLS.
    case none
    /// Links without it are refused.
    case required
  }

  /// The instance's key in the YAML.
  public var name: String
  /// The id of its plugin; the name unless `plugin:` says otherwise.
  public var plugin: String
  /// The rank: lower is tried first; equal ones race.
  public var priority: Int
  /// Whether it is started.
  public var isEnabled: Bool
  /// Addresses to listen on.
  public var listen: [String]
  /// Addresses that peers are told instead of the bound ones.
  public var advertise: [String]
  /// Whether sessions are tied to the link's encryption.
  public var binding: Binding
  /// Keys that the plugin's options will type, in the order of the file.
  public var pluginKeys: [DocumentNode.Entry]
  /// Where the entry starts, or `.none` when only `transport_priority` names it.
  public var position: SourcePosition

  var file: String
  var paths: PathResolver

  /// Equal when they mean the same; places in the file do not count.
  public static func == (first: Self, second: Self) -> Bool {
    first.name == second.name && first.plugin == second.plugin && first.priority == second.priority
      && first.isEnabled == second.isEnabled && first.listen == second.listen
      && first.advertise == second.advertise && first.binding == second.binding && first.paths == second.paths
      && DocumentNode.Content.map(first.pluginKeys).hasSameMeaning(as: .map(second.pluginKeys))
  }
}

extension DocumentNode.Content {
  /// Whether two values say the same, whatever their places; maps are compared by key.
  func hasSameMeaning(as other: Self) -> Bool {
    switch (self, other) {
    case (.text(let first, _), .text(let second, _)): return first == second
    case (.list(let first), .list(let second)):
      return first.count == second.count
        && zip(first, second).allSatisfy { $0.content.hasSameMeaning(as: $1.content) }
    case (.map(let first), .map(let second)):
      guard first.count == second.count else { return false }
      let byKey = Dictionary(second.map { ($0.key, $0.value.content) }, uniquingKeysWith: { first, _ in first })
      return first.allSatisfy { entry in
        byKey[entry.key].map { entry.value.content.hasSameMeaning(as: $0) } ?? false
      }
    default: return false
    }
  }
}
