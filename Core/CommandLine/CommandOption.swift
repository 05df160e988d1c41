// SPDX-License-Identifier: Apache-2.0

/// An option such as `--json` or `--socket PATH`, accepted anywhere after the command that declares it.
public struct CommandOption: Sendable {
  /// The long name without dashes.
  public let name: String
  /// The one-letter form, if there is one.
  public let short: Character?
  /// What follows it; nil for a flag.
  public let value: CommandValue?
  /// One sentence, without a full stop.
  public let help: String
  /// May be given several times; otherwise a second one is an error.
  public let isRepeatable: Bool
  /// Left out of help, manual page and completion.
  public let isHidden: Bool

  /// Declares an option that takes a value.
  public init(
    _ name: String, short: Character? = nil, value: CommandValue, help: String, isRepeatable: Bool = false,
    isHidden: Bool = false
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.help = help
    self.isRepeatable = isRepeatable
    self.isHidden = isHidden
  }

  /// Declares a flag.
  public init(flag name: String, short: Character? = nil, help: String, isHidden: Bool = false) {
    self.name = name
    self.short = short
    self.value = nil
    self.help = help
    self.isRepeatable = false
    self.isHidden = isHidden
  }

  /// `--socket PATH`, as help shows it.
  var spelling: String {
    let letter = short.map { "-\($0), " } ?? ""
    return letter + "--\(name)" + (value.map { " \($0.placeholder)" } ?? "")
  }

  /// The option every command has.
  static let help = CommandOption(flag: "help", short: "h", help: "Show this help")
  /// The option every program has.
  static let version = CommandOption(flag: "version", help: "Show the version")
}
