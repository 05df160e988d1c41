/// One thing that is wrong with a configuration, with what a person needs to mend it.
public struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file's name as it was given, or `environment`.
  public var file: String
  /// Where it stands, or `.none` when it is about the whole file or comes from the environment.
  public var position: SourcePosition
  /// The key with its sections, such as `node.max_peers`; empty for faults of the YAML itself.
  public var key: String
  /// What was found and what was expected.
  public var message: String
  /// The known key or choice that is nearest to what was written.
  public var suggestion: String?

  /// A problem from its parts.
  public init(file: String, position: SourcePosition, key: String, message: String, suggestion: String? = nil) {
    self.file = file
    self.position = position
    self.key = key
    self.message = message
    self.suggestion = suggestion
  }

  /// `path:line:column: key: message; did you mean 'x'?`
  public var description: String {
    var text = file
    if position != .none { text += ":\(position.line):\(position.column)" }
    text += ": "
    if !key.isEmpty { text += key + ": " }
    text += message
    if let suggestion { text += "; did you mean '\(suggestion)'?" }
    return text
  }
}

/// Why a configuration was refused: every problem found, at most `limit` of them, in the order of the file.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Most problems that are reported at once.
  public static let limit = 20

  /// What is wrong; never empty.
  public var problems: [ConfigurationProblem]

  /// An error of these problems.
  public init(_ problems: [ConfigurationProblem]) {
    self.problems = problems
  }

  /// One problem a line.
  public var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}
