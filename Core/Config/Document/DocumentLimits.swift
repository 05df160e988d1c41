/// What a YAML text may cost before it is refused.
public struct DocumentLimits: Equatable, Sendable {
  /// Largest text in bytes.
  public var bytes = 1 << 20
  /// Deepest nesting of lists and maps.
  public var depth = 16
  /// Most values and keys.
  public var nodes = 20_000

  /// The limits of a configuration file: 1 MiB, 16 levels, 20,000 values.
  public init() {}
}
