// SPDX-License-Identifier: Apache-2.0

/// A positional argument such as `FILE`.
public struct CommandArgument: Sendable {
  /// Its name in capitals.
  public let name: String
  /// What it may be.
  public let value: CommandValue
  /// One sentence, without a full stop.
  public let help: String
  /// May be left out.
  public let isOptional: Bool
  /// May be given several times; only for the last argument.
  public let isRepeatable: Bool

  /// Declares an argument.
  public init(
    _ name: String, value: CommandValue? = nil, help: String, isOptional: Bool = false, isRepeatable: Bool = false
  ) {
    self.name = name
    self.value = value ?? .text(name)
    self.help = help
    self.isOptional = isOptional
    self.isRepeatable = isRepeatable
  }

  /// The sentence with the words that may be given, where there are few.
  var explanation: String {
    guard case .choice(let words) = value else { return help }
    return "\(help): \(words.joined(separator: ", "))"
  }

  /// `[NAME...]` and the like, as help shows it.
  var spelling: String {
    let name = isRepeatable ? "\(name)..." : name
    return isOptional ? "[\(name)]" : name
  }
}
