/// One value of a YAML document: text, a list or a map, with the place where it starts.
///
/// Nothing is typed here: `yes`, `0660` and `10s` stay text until the schema says what they are.
public struct DocumentNode: Equatable, Sendable {
  /// What a value holds.
  public indirect enum Content: Equatable, Sendable {
    /// A scalar; `isPlain` when it was written without quotes.
    case text(String, isPlain: Bool)
    /// A sequence.
    case list([DocumentNode])
    /// A mapping, in the order of the file; keys are distinct.
    case map([Entry])
  }

  /// A key of a map with its value.
  public struct Entry: Equatable, Sendable {
    /// The key's text.
    public var key: String
    /// Where the key starts.
    public var position: SourcePosition
    /// The value.
    public var value: DocumentNode
  }

  /// The value itself.
  public var content: Content
  /// Where it starts.
  public var position: SourcePosition

  /// A value at a place.
  public init(_ content: Content, at position: SourcePosition) {
    self.content = content
    self.position = position
  }

  /// Whether nothing was written (`key:`), `~` or `null`: an empty map or list where one is expected.
  var isAbsent: Bool {
    guard case .text(let text, isPlain: true) = content else { return false }
    return text.isEmpty || text == "~" || text == "null"
  }

  /// What it is, for an error message.
  var kindDescription: String {
    switch content {
    case .text(let text, _): isAbsent ? "nothing" : quoted(text)
    case .list: "a list"
    case .map: "a map"
    }
  }
}

/// `text` in quotes for a message: control characters escaped, cut after 60 scalars, and at a '#': what an address has
/// behind it may let in whoever reads the message, and messages go to logs.
func quoted(_ text: String) -> String {
  var result = "'"
  var count = 0
  for scalar in text.unicodeScalars {
    count += 1
    if count > 60 { return result + "…'" }
    if scalar == "#" { return result + "#…'" }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result + "'"
}
