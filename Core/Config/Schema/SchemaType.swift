/// Nanoseconds, as the plugin ABI counts durations.
public typealias Nanoseconds = Int64

/// What a key's text must be.
public enum SchemaType: Equatable, Sendable {
  /// `true`, `false`, `yes`, `no`, `on` or `off`.
  case boolean
  /// A decimal number in a range.
  case integer(ClosedRange<Int64>)
  /// UTF-8 text of at most 4096 bytes without control characters other than tab and newline.
  case text
  /// One of some words.
  case choice([String])
  /// A number with `ns`, `us`, `ms`, `s`, `m`, `h` or `d`; the range is in nanoseconds.
  case duration(ClosedRange<Int64>)
  /// Bytes: a number, alone or with `B`, `KB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB` or `TiB`.
  case size(ClosedRange<Int64>)
  /// A path: absolute, below `~/`, or relative to the configuration file's folder.
  case path
  /// A URI `scheme://…`.
  case address
  /// The name of a node, `mesh1…`.
  case nodeName
  /// A short name: letters, digits, `_`, `-` and `.`, at most 32 bytes.
  case name

  /// What a value looks like, for messages and the reference.
  public var expectation: String {
    switch self {
    case .boolean: "true or false"
    case .integer(let range): "a whole number" + Self.bounds(range, SchemaUnits.plain)
    case .text: "text"
    case .choice(let words): Self.list(words)
    case .duration(let range): "a duration such as 500ms, 10s, 5m or 1h" + Self.bounds(range, Self.legible)
    case .size(let range): "a size such as 64KiB or 1MB" + Self.bounds(range, SchemaUnits.size)
    case .path: "a path"
    case .address: "an address such as ws://host:8080/mesh"
    case .nodeName: "a node's name such as mesh1…"
    case .name: "a name of letters, digits, '_', '-' and '.', at most 32 long"
    }
  }

  /// A bound of many minutes that is no whole number of seconds, such as 2^40 ns, is not worth thirteen digits.
  private static func legible(_ nanoseconds: Int64) -> String {
    let isLong = nanoseconds >= 600_000_000_000 && nanoseconds < .max
    return SchemaUnits.duration(isLong ? nanoseconds - nanoseconds % 1_000_000_000 : nanoseconds)
  }

  private static func bounds(_ range: ClosedRange<Int64>, _ print: (Int64) -> String) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let low, .max): low == 0 ? "" : ", at least \(print(low))"
    case (.min, let high): ", at most \(print(high))"
    case (let low, let high): " from \(print(low)) to \(print(high))"
    }
  }

  private static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
