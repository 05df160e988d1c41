/// Why a series was not registered.
public enum MetricsError: Error, Equatable, Sendable {
  /// The name is not `[a-zA-Z_:][a-zA-Z0-9_:]*` or longer than 128 bytes.
  case invalidName(String)
  /// A label's name is not `[a-zA-Z_][a-zA-Z0-9_]*`, is reserved (`__…`, `le`), or is given twice.
  case invalidLabel(String)
  /// The name is registered as something else, or with other label names.
  case mismatch(String)
  /// The family has as many series as a family may have.
  case tooManySeries(String)
}
