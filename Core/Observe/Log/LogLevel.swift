/// How important a line is, with the numbers of the plugin ABI: lower is more important.
public enum LogLevel: UInt8, Sendable, Comparable, CaseIterable {
  /// Something does not work.
  case error = 1
  /// Something may soon not work.
  case warning = 2
  /// What an operator wants to know.
  case info = 3
  /// Everything.
  case debug = 4

  /// The name in lines and in the configuration.
  public var name: StaticString {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .info: "info"
    case .debug: "debug"
    }
  }

  /// More important levels are less.
  public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
}
