// SPDX-License-Identifier: Apache-2.0

/// Completion for zsh.
enum ZshCompletion {
  static func render(_ root: Command) -> String {
    let places = CompletionPlace.all(root)
    let below = places.filter { $0.name != root.name }.map { CompletionPlace.quoted($0.name) }.joined(separator: "|")
    // `path` is bound to PATH in zsh, so the place has another name.
    var text = """
      #compdef \(root.name)
      _\(root.name)() {
        local place=\(CompletionPlace.quoted(root.name))
        local -i index
        local -a names
        for ((index = 2; index < CURRENT; index++)); do
          case "$place ${words[index]}" in
            (\(below.isEmpty ? "''" : below)) place="$place ${words[index]}" ;;
          esac
        done
        case "$place ${words[CURRENT-1]}" in

      """
    for place in places {
      for option in place.options {
        guard let value = option.value else { continue }
        let names = ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
        let patterns = names.map { CompletionPlace.quoted("\(place.name) \($0)") }.joined(separator: "|")
        text += "    (\(patterns)) \(action(value)); return ;;\n"
      }
    }
    text += "  esac\n  case \"$place\" in\n"
    for place in places {
      text += "    (\(CompletionPlace.quoted(place.name)))\n"
      let commands = place.command.visibleSubcommands.map { described($0.name, $0.summary) }
      text += list("command", commands, "")
      text += list("argument", place.argumentWords.map { CompletionPlace.quoted($0) }, "")
      text += list("option", place.options.map { described("--\($0.name)", $0.help) }, "-o ")
      if place.takesFile { text += "      _files\n" }
      text += "      ;;\n"
    }
    return text + "  esac\n}\nif [ \"$funcstack[1]\" = \"_\(root.name)\" ]; then\n  _\(root.name) \"$@\"\nelse\n"
      + "  compdef _\(root.name) \(root.name)\nfi\n"
  }

  private static func list(_ title: String, _ items: [String], _ flag: String) -> String {
    if items.isEmpty { return "" }
    return "      names=(\(items.joined(separator: " ")))\n      _describe \(flag)\(title) names\n"
  }

  private static func described(_ name: String, _ help: String) -> String {
    let safe = help.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "\\:")
    return CompletionPlace.quoted("\(name):\(safe)")
  }

  private static func action(_ value: CommandValue) -> String {
    switch value {
    case .file: "_files"
    case .choice(let words):
      "names=(\(words.map { CompletionPlace.quoted($0) }.joined(separator: " "))); _describe value names"
    default: "_message \(CompletionPlace.quoted(value.placeholder))"
    }
  }
}
