/// Gathers the problems and warnings of one file while it is read.
struct ProblemCollector {
  let file: String
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var warnings: [ConfigurationProblem] = []

  init(file: String) {
    self.file = file
  }

  mutating func report(
    _ key: String, _ message: String, at position: SourcePosition, suggestion: String? = nil, file: String? = nil
  ) {
    guard problems.count < ConfigurationError.limit else { return }
    problems.append(
      ConfigurationProblem(
        file: file ?? self.file, position: position, key: key, message: message, suggestion: suggestion))
  }

  mutating func warn(
    _ key: String, _ message: String, at position: SourcePosition, suggestion: String? = nil, file: String? = nil
  ) {
    guard warnings.count < ConfigurationError.limit else { return }
    warnings.append(
      ConfigurationProblem(
        file: file ?? self.file, position: position, key: key, message: message, suggestion: suggestion))
  }

  /// Throws what was reported, in the order of the file.
  func finish() throws(ConfigurationError) {
    guard !problems.isEmpty else { return }
    let ordered = problems.enumerated().sorted {
      ($0.element.position.line, $0.element.position.column, $0.offset)
        < ($1.element.position.line, $1.element.position.column, $1.offset)
    }
    throw ConfigurationError(ordered.map(\.element))
  }
}
