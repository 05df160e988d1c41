/// One key of a section: its type, default and meaning.
public struct SchemaKey: Equatable, Sendable {
  /// The key as it is written.
  public var name: String
  /// What its value, or each element of its list, must be.
  public var type: SchemaType
  /// Whether it takes a list; a single value is then a list of one.
  public var isList: Bool
  /// Whether it must be given.
  public var isRequired: Bool
  /// Whether its value is hidden from every print.
  public var isSecret: Bool
  /// Whether a reload can change it while the node runs.
  public var isLive: Bool
  /// The default as it would be written; nil when there is none, or when it depends on the machine.
  public var fallback: String?
  /// What applies when it is not given and `fallback` is nil, for the reference.
  public var otherwise: String
  /// One sentence for the reference.
  public var help: String

  /// A key from its parts.
  public init(
    _ name: String, _ type: SchemaType, _ help: String, default fallback: String? = nil, otherwise: String = "none",
    isList: Bool = false, isRequired: Bool = false, isSecret: Bool = false, isLive: Bool = false
  ) {
    self.name = name
    self.type = type
    self.help = help
    self.fallback = fallback
    self.otherwise = otherwise
    self.isList = isList
    self.isRequired = isRequired
    self.isSecret = isSecret
    self.isLive = isLive
  }

  /// The default as a value, without paths resolved.
  var fallbackValue: SchemaValue? {
    guard let fallback else { return isList ? .list([]) : nil }
    guard let value = type.value(of: fallback) else { return nil }
    return isList ? .list([value]) : value
  }
}
