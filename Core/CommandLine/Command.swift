// SPDX-License-Identifier: Apache-2.0

/// A command as it is declared: help, manual page, completion and parsing all come from this one description.
///
/// A command either runs (`run`) or has `subcommands`. With both, `run` is used when no subcommand is named.
public struct Command {
  /// What is typed, for example `status`.
  public var name: String
  /// One line without a full stop, for lists.
  public var summary: String
  /// Paragraphs for the command's own help, separated by empty lines.
  public var discussion: String
  /// Options of this command and of everything below it.
  public var options: [CommandOption]
  /// Positional arguments, in order. Only the last may repeat.
  public var arguments: [CommandArgument]
  /// Commands below this one.
  public var subcommands: [Command]
  /// Complete lines that a reader can copy, each with a short explanation.
  public var examples: [CommandExample]
  /// Left out of help, manual page and completion.
  public var isHidden: Bool
  /// Does the work. It throws `CommandFailure` for what a person can act on.
  public var run: ((Invocation, Console) throws -> Void)?

  /// Declares a command; see the properties for the meaning of each part.
  public init(
    _ name: String, summary: String, discussion: String = "", options: [CommandOption] = [],
    arguments: [CommandArgument] = [], subcommands: [Command] = [], examples: [CommandExample] = [],
    isHidden: Bool = false, run: ((Invocation, Console) throws -> Void)? = nil
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.options = options
    self.arguments = arguments
    self.subcommands = subcommands
    self.examples = examples
    self.isHidden = isHidden
    self.run = run
  }

  /// The subcommands that people are told about.
  var visibleSubcommands: [Command] { subcommands.filter { !$0.isHidden } }

  /// The options that people are told about.
  var visibleOptions: [CommandOption] { options.filter { !$0.isHidden } }

  /// Calls `visit` with every visible command, the path of commands above it, and the options that hold there.
  func walk(above: [Command] = [], _ visit: (_ path: [Command], _ options: [CommandOption]) -> Void) {
    let path = above + [self]
    visit(path, path.flatMap(\.visibleOptions))
    for command in visibleSubcommands { command.walk(above: path, visit) }
  }
}
