// SPDX-License-Identifier: Apache-2.0

/// What a value on the command line may be, and how a shell completes it.
public enum CommandValue: Sendable, Equatable {
  /// Any text; the string is the placeholder.
  case text(String)
  /// A path to a file; the string is the placeholder.
  case file(String)
  /// One of a few words.
  case choice([String])
  /// A whole number within the range.
  case integer(ClosedRange<Int64>)
  /// A length of time such as `250ms`, `10s`, `5m`, `2h`, `7d`; a bare number is seconds.
  case duration
  /// A number of bytes such as `4096`, `64k`, `10MiB`.
  case bytes

  /// How help names the value.
  public var placeholder: String {
    switch self {
    case .text(let name), .file(let name): name
    case .choice(let words): words.joined(separator: "|")
    case .integer: "NUMBER"
    case .duration: "TIME"
    case .bytes: "SIZE"
    }
  }

  /// Throws `UsageError` when `word` is not such a value. `owner` is the option or argument, for the message.
  func check(_ word: String, owner: String, command: String) throws(UsageError) {
    switch self {
    case .text, .file:
      return
    case .choice(let words):
      if words.contains(word) { return }
      throw UsageError(
        "'\(word)' is not a value for \(owner); expected \(words.joined(separator: ", "))", word: word,
        suggestion: NearestName.find(word, among: words), command: command)
    case .integer(let range):
      if let number = Int64(word), range.contains(number) { return }
      throw UsageError(
        "'\(word)' is not a value for \(owner); expected a whole number from \(range.lowerBound) to "
          + "\(range.upperBound)", word: word, command: command)
    case .duration:
      if DurationFormat.parse(word) != nil { return }
      throw UsageError(
        "'\(word)' is not a value for \(owner); expected a time such as 250ms, 10s, 5m, 2h or 7d", word: word,
        command: command)
    case .bytes:
      if ByteFormat.parse(word) != nil { return }
      throw UsageError(
        "'\(word)' is not a value for \(owner); expected a size such as 4096, 64k or 10MiB", word: word,
        command: command)
    }
  }
}
