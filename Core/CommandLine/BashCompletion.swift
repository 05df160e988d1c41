// SPDX-License-Identifier: Apache-2.0

/// Completion for bash 4 and later.
enum BashCompletion {
  static func render(_ root: Command) -> String {
    let places = CompletionPlace.all(root)
    let function = "_" + root.name
    let below = places.filter { $0.name != root.name }.map { "\"\($0.name)\"" }.joined(separator: " | ")
    var text = """
      # bash completion for \(root.name)
      \(function)() {
        local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" place="\(root.name)" index
        COMPREPLY=()
        for ((index = 1; index < COMP_CWORD; index++)); do
          case "$place ${COMP_WORDS[index]}" in
            \(below.isEmpty ? "\"\"" : below)) place="$place ${COMP_WORDS[index]}" ;;
          esac
        done
        case "$place $previous" in

      """
    for place in places {
      for option in place.options {
        guard let value = option.value else { continue }
        let names = ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
        let patterns = names.map { "\"\(place.name) \($0)\"" }.joined(separator: " | ")
        text += "    \(patterns)) \(action(value)); return ;;\n"
      }
    }
    text += "  esac\n  case \"$place\" in\n"
    for place in places {
      let options = place.options.map { "--\($0.name)" }
      let words = place.command.visibleSubcommands.map(\.name) + place.argumentWords + options
      text += "    \"\(place.name)\") COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$current\"))"
      if place.takesFile { text += "; COMPREPLY+=($(compgen -f -- \"$current\"))" }
      text += " ;;\n"
    }
    return text + "  esac\n}\ncomplete -o filenames -o bashdefault -F \(function) \(root.name)\n"
  }

  private static func action(_ value: CommandValue) -> String {
    switch value {
    case .file: "COMPREPLY=($(compgen -f -- \"$current\"))"
    case .choice(let words): "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$current\"))"
    default: "COMPREPLY=()"
    }
  }
}
