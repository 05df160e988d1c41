// SPDX-License-Identifier: Apache-2.0

/// One place on the command line, as completion scripts see it.
struct CompletionPlace {
  /// The words of the command, for example `meshctl peers add`.
  let name: String
  let command: Command
  /// Options that hold here, help included.
  let options: [CommandOption]

  /// Every place of a program.
  static func all(_ root: Command) -> [CompletionPlace] {
    var places: [CompletionPlace] = []
    root.walk { path, options in
      places.append(
        CompletionPlace(
          name: path.map(\.name).joined(separator: " "), command: path[path.count - 1],
          options: options + [.help] + (path.count == 1 ? [.version] : [])))
    }
    return places
  }

  /// The words that an argument here may be.
  var argumentWords: [String] {
    command.arguments.flatMap { argument -> [String] in
      if case .choice(let words) = argument.value { words } else { [] }
    }
  }

  /// Whether an argument here may be a file.
  var takesFile: Bool {
    command.arguments.contains { argument in
      if case .file = argument.value { true } else { false }
    }
  }

  /// The text between single quotes, safe for bash and zsh.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
