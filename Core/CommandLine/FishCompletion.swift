// SPDX-License-Identifier: Apache-2.0

/// Completion for fish 3 and later.
enum FishCompletion {
  static func render(_ root: Command) -> String {
    let places = CompletionPlace.all(root)
    let below = places.filter { $0.name != root.name }.map { quoted($0.name) }.joined(separator: " ")
    let function = "__\(root.name)_place"
    var text = """
      # fish completion for \(root.name)
      function \(function)
        set -l place \(root.name)
        set -l given (commandline -opc)
        for word in $given[2..-1]
          if contains -- "$place $word" \(below)
            set place "$place $word"
          end
        end
        test "$place" = "$argv[1]"
      end
      complete -c \(root.name) -f

      """
    for place in places {
      let start = "complete -c \(root.name) -n \(quoted("\(function) \"\(place.name)\""))"
      for command in place.command.visibleSubcommands {
        text += "\(start) -a \(command.name) -d \(quoted(command.summary))\n"
      }
      if !place.argumentWords.isEmpty { text += "\(start) -a \(quoted(place.argumentWords.joined(separator: " ")))\n" }
      if place.takesFile { text += "\(start) -F\n" }
      for option in place.options {
        let letter = option.short.map { " -s \($0)" } ?? ""
        text += "\(start) -l \(option.name)\(letter)\(value(option)) -d \(quoted(option.help))\n"
      }
    }
    return text
  }

  private static func value(_ option: CommandOption) -> String {
    switch option.value {
    case nil: ""
    case .file: " -r -F"
    case .choice(let words): " -x -a \(quoted(words.joined(separator: " ")))"
    default: " -x"
    }
  }

  /// The text between single quotes, where fish knows `\'` and `\\`.
  private static func quoted(_ text: String) -> String {
    var result = "'"
    for character in text {
      if character == "'" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result + "'"
  }
}
