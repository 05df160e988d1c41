/// A key with a value in a log line.
public struct LogField: Sendable {
  /// What a field holds.
  public enum Value: Sendable {
    /// Text from anywhere: it is escaped when written.
    case text(String)
    /// A signed number.
    case integer(Int64)
    /// An unsigned number.
    case unsigned(UInt64)
    /// A truth value.
    case boolean(Bool)
    /// Nanoseconds, written as a number of milliseconds.
    case nanoseconds(Int64)
    /// An id, written as 16 hexadecimal digits.
    case identifier(UInt64)
  }

  /// The key, a constant of the program: letters, digits and underscore.
  public var key: StaticString
  /// The value.
  public var value: Value

  /// A field from its parts.
  public init(_ key: StaticString, _ value: Value) {
    self.key = key
    self.value = value
  }

  /// Text. Of addresses in it, what is behind their '#' is left out as in `address`.
  public static func text(_ key: StaticString, _ value: String) -> LogField {
    .init(key, .text(value.withoutFragments))
  }
  /// An address. What is behind its '#' lets in whoever reads it, such as a ticket key, and is left out.
  public static func address(_ key: StaticString, _ value: String) -> LogField {
    .text(key, value.firstIndex(of: "#").map { "\(value[..<$0])#…" } ?? value)
  }
  /// Any whole number.
  public static func number(_ key: StaticString, _ value: some BinaryInteger) -> LogField {
    .init(key, value > 0 ? .unsigned(UInt64(clamping: value)) : .integer(Int64(clamping: value)))
  }
  /// A truth value.
  public static func flag(_ key: StaticString, _ value: Bool) -> LogField { .init(key, .boolean(value)) }
  /// A duration in nanoseconds; its key is written with `_ms` behind it.
  public static func duration(_ key: StaticString, nanoseconds: Int64) -> LogField {
    .init(key, .nanoseconds(nanoseconds))
  }
  /// The session that the line is about: equal in all its lines.
  public static func session(_ id: UInt64) -> LogField { .init("session", .identifier(id)) }
  /// The peer that the line is about, by its name for people or `mesh1…`.
  public static func peer(_ name: String) -> LogField { .init("peer", .text(name)) }
  /// The link that the line is about.
  public static func link(_ id: UInt64) -> LogField { .init("link", .identifier(id)) }
}
