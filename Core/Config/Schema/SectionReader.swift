/// Types the keys of one map by a schema. The core's sections and the plugins' keys are read by the same code.
struct SectionReader {
  /// Where relative paths and `~/` start.
  var paths: PathResolver
  /// Overrides by key, from the environment.
  var overrides: [String: EnvironmentOverride] = [:]

  /// A value that the environment gives instead of the file.
  struct EnvironmentOverride {
    var variable: String
    var text: String
  }

  /// Reads `node` as the section `path`. Keys that the schema does not have are an error, or are returned when
  /// `keepsUnknown`.
  func read(
    _ node: DocumentNode?, path: String, keys: [SchemaKey], keepsUnknown: Bool = false,
    _ problems: inout ProblemCollector
  ) -> (values: SectionValues, unknown: [DocumentNode.Entry]) {
    var values = SectionValues()
    var unknown: [DocumentNode.Entry] = []
    for entry in Self.entries(node, path: path, &problems) {
      guard let key = keys.first(where: { $0.name == entry.key }) else {
        if keepsUnknown {
          unknown.append(entry)
        } else {
          let near = Suggestion.nearest(to: entry.key, among: keys.map(\.name))
          problems.report(
            Self.join(path, entry.key), "unknown key; expected one of \(keys.map(\.name).joined(separator: ", "))",
            at: entry.position, suggestion: near)
        }
        continue
      }
      if let value = read(entry.value, key: key, path: Self.join(path, key.name), &problems) {
        values.set(key.name, value)
      }
    }
    for key in keys {
      complete(key, node: node, path: path, given: Self.has(node, key.name), &values, &problems)
    }
    return (values, unknown)
  }

  private func complete(
    _ key: SchemaKey, node: DocumentNode?, path: String, given: Bool, _ values: inout SectionValues,
    _ problems: inout ProblemCollector
  ) {
    if let override = overrides[key.name], !key.isList {
      guard let value = key.type.value(of: override.text) else {
        problems.report(
          override.variable, "found \(shown(override.text, key)); expected \(key.type.expectation)", at: .none,
          file: "environment")
        return
      }
      values.set(key.name, .init(value: resolved(value, key.type), position: .none))
    } else if values.values[key.name] == nil {
      if key.isRequired, !given {
        problems.report(
          Self.join(path, key.name), "missing; expected \(key.type.expectation)", at: node?.position ?? .none)
      } else if let fallback = key.fallbackValue {
        values.set(key.name, .init(value: resolved(fallback, key.type), position: .none))
      }
    }
  }

  private func read(
    _ node: DocumentNode, key: SchemaKey, path: String, _ problems: inout ProblemCollector
  ) -> SectionValues.Located? {
    guard key.isList else {
      guard let value = scalar(node, key: key, path: path, &problems) else { return nil }
      return .init(value: value, position: node.position)
    }
    var elements: [SchemaValue] = []
    var positions: [SourcePosition] = []
    let nodes: [DocumentNode]
    if case .list(let list) = node.content { nodes = list } else { nodes = node.isAbsent ? [] : [node] }
    for element in nodes {
      guard let value = scalar(element, key: key, path: path, &problems) else { continue }
      if elements.contains(value), key.type != .text {
        problems.report(path, "\(shown(element, key)) is given twice", at: element.position)
      }
      elements.append(value)
      positions.append(element.position)
    }
    return .init(value: .list(elements), position: node.position, elementPositions: positions)
  }

  private func scalar(
    _ node: DocumentNode, key: SchemaKey, path: String, _ problems: inout ProblemCollector
  ) -> SchemaValue? {
    guard case .text(let text, let isPlain) = node.content, !(isPlain && text.isEmpty) else {
      let expected = key.isList ? "a list of: " + key.type.expectation : key.type.expectation
      problems.report(path, "found \(node.kindDescription); expected \(expected)", at: node.position)
      return nil
    }
    guard let value = key.type.value(of: text) else {
      var near: String?
      if case .choice(let words) = key.type { near = Suggestion.nearest(to: text, among: words) }
      problems.report(
        path, "found \(shown(text, key)); expected \(key.type.expectation)", at: node.position, suggestion: near)
      return nil
    }
    return resolved(value, key.type)
  }

  private func shown(_ text: String, _ key: SchemaKey) -> String { key.isSecret ? "a hidden value" : quoted(text) }

  private func shown(_ node: DocumentNode, _ key: SchemaKey) -> String {
    key.isSecret ? "a hidden value" : node.kindDescription
  }

  private func resolved(_ value: SchemaValue, _ type: SchemaType) -> SchemaValue {
    guard type == .path else { return value }
    switch value {
    case .text(let text): return .text(paths.resolve(text))
    case .list(let elements): return .list(elements.map { resolved($0, type) })
    default: return value
    }
  }

  /// The entries of a map; nothing written counts as an empty map.
  static func entries(
    _ node: DocumentNode?, path: String, _ problems: inout ProblemCollector
  ) -> [DocumentNode.Entry] {
    guard let node, !node.isAbsent else { return [] }
    guard case .map(let entries) = node.content else {
      problems.report(path, "found \(node.kindDescription); expected a map of keys", at: node.position)
      return []
    }
    return entries
  }

  private static func has(_ node: DocumentNode?, _ name: String) -> Bool {
    guard case .map(let entries)? = node?.content else { return false }
    return entries.contains { $0.key == name }
  }

  static func join(_ path: String, _ key: String) -> String {
    let safe = SchemaType.isName(key) || key.hasPrefix("/") && key.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    let name = safe ? key : quoted(key)
    return path.isEmpty ? name : path + "." + name
  }
}
