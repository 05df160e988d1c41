/// How lines look.
public enum LogFormat: Sendable, Equatable {
  /// For people; with colours or without.
  case text(colours: Bool)
  /// One JSON object (RFC 8259) a line.
  case json

  /// One finished line with its newline: at most 4096 bytes. Fields that do not fit are left out and `cut` says so.
  static func line(
    _ format: LogFormat, level: LogLevel, event: StaticString, suppressed: UInt64, milliseconds: Int64,
    fields: [LogField]
  ) -> [UInt8] {
    switch format {
    case .text(let colours):
      text(level, event, suppressed, milliseconds, fields, colours)
    case .json:
      json(level, event, suppressed, milliseconds, fields)
    }
  }

  private static func json(
    _ level: LogLevel, _ event: StaticString, _ suppressed: UInt64, _ milliseconds: Int64, _ fields: [LogField]
  ) -> [UInt8] {
    var line = LogLine()
    line.append("{\"time\":\"")
    Timestamp.append(milliseconds: milliseconds, to: &line)
    line.append("\",\"level\":\"")
    line.append(level.name)
    line.append("\",\"event\":\"")
    line.append(escaped: event.description)
    line.append("\"")
    if suppressed > 0 {
      line.append(",\"suppressed\":")
      line.append(suppressed)
    }
    for field in fields {
      let mark = line.count
      line.append(",\"")
      line.append(escaped: field.key.description)
      if case .nanoseconds = field.value { line.append("_ms") }
      line.append("\":")
      switch field.value {
      case .text(let text):
        line.append("\"")
        line.append(escaped: text)
        line.append("\"")
      case .identifier(let id):
        line.append("\"")
        line.append(hexadecimal: id, digits: 16)
        line.append("\"")
      default: number(field.value, &line)
      }
      if line.count > LogLine.limit - 16 {
        line.truncate(to: mark)
        line.append(",\"cut\":true")
        break
      }
    }
    line.append("}\n")
    return line.bytes
  }

  private static func text(
    _ level: LogLevel, _ event: StaticString, _ suppressed: UInt64, _ milliseconds: Int64, _ fields: [LogField],
    _ colours: Bool
  ) -> [UInt8] {
    var line = LogLine()
    Timestamp.append(milliseconds: milliseconds, to: &line)
    line.append(" ")
    if colours { line.append(colour(level)) }
    line.append(level.name)
    if colours { line.append("\u{1b}[0m") }
    for _ in level.name.utf8CodeUnitCount..<8 { line.append(" ") }
    line.append(word: event.description)
    if suppressed > 0 {
      line.append(" suppressed=")
      line.append(suppressed)
    }
    for field in fields {
      let mark = line.count
      line.append(" ")
      line.append(field.key)
      if case .nanoseconds = field.value { line.append("_ms") }
      line.append("=")
      switch field.value {
      case .text(let text): line.append(word: text)
      case .identifier(let id): line.append(hexadecimal: id, digits: 16)
      default: number(field.value, &line)
      }
      if line.count > LogLine.limit - 16 {
        line.truncate(to: mark)
        line.append(" cut=true")
        break
      }
    }
    line.append("\n")
    return line.bytes
  }

  private static func number(_ value: LogField.Value, _ line: inout LogLine) {
    switch value {
    case .integer(let number): line.append(number)
    case .unsigned(let number): line.append(number)
    case .boolean(let flag): line.append(flag ? "true" : "false")
    case .nanoseconds(let duration): line.append(milliseconds: duration)
    case .text, .identifier: break
    }
  }

  private static func colour(_ level: LogLevel) -> StaticString {
    switch level {
    case .error: "\u{1b}[31m"
    case .warning: "\u{1b}[33m"
    case .info: "\u{1b}[32m"
    case .debug: "\u{1b}[2m"
    }
  }
}
