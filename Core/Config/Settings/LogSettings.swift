/// `log:` what is written to standard error.
public struct LogSettings: Equatable, Sendable {
  /// The least important level that is written.
  public enum Level: String, Equatable, Sendable, CaseIterable {
    /// Something does not work.
    case error
    /// Something may soon not work.
    case warning
    /// What an operator wants to know.
    case info
    /// Everything.
    case debug
  }

  /// How a line looks.
  public enum Format: String, Equatable, Sendable, CaseIterable {
    /// Text on a terminal, JSON otherwise.
    case auto
    /// For people.
    case text
    /// One JSON object a line.
    case json
  }

  /// The least important level that is written.
  public var level: Level
  /// How a line looks.
  public var format: Format
}
