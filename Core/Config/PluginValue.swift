/// One value for a plugin, as `mesh_param` carries it. A list gives one value an element, all of the same name.
public struct PluginValue: Equatable, Sendable {
  /// A number (also booleans, nanoseconds, bytes) or text (also paths).
  public enum Content: Equatable, Sendable {
    /// `mesh_param.value.integer`; booleans are 0 and 1.
    case integer(Int64)
    /// `mesh_param.value.text`
    case text(String)
  }

  /// The key.
  public var name: String
  /// The type of the value.
  public var kind: PluginOption.Kind
  /// The value.
  public var content: Content
  /// Where it stands in the file; `.none` for a default.
  public var position: SourcePosition
  /// Whether it must never be printed.
  public var isSecret: Bool

  /// A value from its parts.
  public init(
    name: String, kind: PluginOption.Kind, content: Content, position: SourcePosition = .none, isSecret: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.content = content
    self.position = position
    self.isSecret = isSecret
  }
}

extension TransportSettings {
  /// Checks the plugin's own keys against what the plugin declares, and gives the values for `create` or `configure`:
  /// in the order of the options, defaults included, absent keys without a value.
  public func pluginValues(_ options: [PluginOption]) throws(ConfigurationError) -> [PluginValue] {
    var problems = ProblemCollector(file: file)
    let reader = SectionReader(paths: paths)
    let node = DocumentNode(.map(pluginKeys), at: position)
    let section = "transports.\(name)"
    let (values, unknown) = reader.read(
      node, path: section, keys: options.map(\.schemaKey), keepsUnknown: true, &problems)
    let known = options.map(\.name) + Configuration.Schema.transport.map(\.name)
    for entry in unknown {
      let own = options.isEmpty ? "the plugin '\(plugin)' has no keys of its own" : "the plugin '\(plugin)' has "
      problems.report(
        SectionReader.join(section, entry.key),
        "unknown key; " + own + options.map(\.name).joined(separator: ", "), at: entry.position,
        suggestion: Suggestion.nearest(to: entry.key, among: known))
    }
    try problems.finish()
    return options.flatMap { option in values.values[option.name].map { Self.values(option, $0) } ?? [] }
  }

  private static func values(_ option: PluginOption, _ located: SectionValues.Located) -> [PluginValue] {
    func one(_ value: SchemaValue, at position: SourcePosition) -> PluginValue? {
      let content: PluginValue.Content
      switch value {
      case .boolean(let flag): content = .integer(flag ? 1 : 0)
      case .integer(let number): content = .integer(number)
      case .text(let text): content = .text(text)
      case .list: return nil
      }
      return PluginValue(
        name: option.name, kind: option.kind, content: content, position: position, isSecret: option.isSecret)
    }
    guard case .list(let elements) = located.value else {
      return one(located.value, at: located.position).map { [$0] } ?? []
    }
    return elements.enumerated().compactMap { index, element in
      let positions = located.elementPositions
      return one(element, at: positions.indices.contains(index) ? positions[index] : located.position)
    }
  }
}
