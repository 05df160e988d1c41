/// One key that a plugin's part of the YAML may have: a checked copy of `mesh_option`.
public struct PluginOption: Equatable, Sendable {
  /// Types of values, with the numbers of the plugin ABI.
  public enum Kind: UInt32, Sendable, CaseIterable {
    /// `MESH_TYPE_BOOL`
    case boolean = 1
    /// `MESH_TYPE_INT`
    case integer = 2
    /// `MESH_TYPE_STRING`
    case string = 3
    /// `MESH_TYPE_DURATION`
    case duration = 4
    /// `MESH_TYPE_SIZE`
    case size = 5
    /// `MESH_TYPE_PATH`
    case path = 6
  }

  /// The key: lower case, digits and underscore.
  public var name: String
  /// The type of the value or of each element.
  public var kind: Kind
  /// One sentence.
  public var help: String
  /// The default as written in YAML, or nil.
  public var fallback: String?
  /// The permitted words of a string; empty for any.
  public var choices: [String]
  /// Bounds of a number; nil for none.
  public var range: ClosedRange<Int64>?
  /// Whether the value is a list.
  public var isList: Bool
  /// Whether the value is never printed or logged.
  public var isSecret: Bool
  /// Whether `configure` can change it while the instance runs.
  public var isLive: Bool

  /// An option from its parts.
  public init(
    name: String, kind: Kind, help: String = "", fallback: String? = nil, choices: [String] = [],
    range: ClosedRange<Int64>? = nil, isList: Bool = false, isSecret: Bool = false, isLive: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.fallback = fallback
    self.choices = choices
    self.range = range
    self.isList = isList
    self.isSecret = isSecret
    self.isLive = isLive
  }

  /// The same key for the reader that also types the core's sections.
  var schemaKey: SchemaKey {
    let positive: ClosedRange<Int64> = 0...Int64.max
    let type: SchemaType =
      switch kind {
      case .boolean: .boolean
      case .integer: .integer(range ?? (.min ... .max))
      case .string: choices.isEmpty ? .text : .choice(choices)
      case .duration: .duration(range ?? positive)
      case .size: .size(range ?? positive)
      case .path: .path
      }
    return SchemaKey(
      name, type, help, default: fallback, isList: isList, isSecret: isSecret, isLive: isLive)
  }
}
