// SPDX-License-Identifier: Apache-2.0

/// The text that `--help` prints.
public enum HelpText {
  /// The help of the last command of `path`, wrapped to `width` columns.
  public static func render(_ path: [Command], width: Int = 80) -> String {
    let command = path[path.count - 1]
    var text = "\(synopsis(path))\n\n\(wrap(command.summary + ".", indent: 0, width: width))\n"
    if !command.discussion.isEmpty { text += "\n\(wrap(command.discussion, indent: 0, width: width))\n" }
    text += section(
      "Commands", command.visibleSubcommands.map { ($0.name, $0.summary) }, width)
    text += section("Arguments", command.arguments.map { ($0.name, $0.explanation) }, width)
    let own = command.visibleOptions + [.help] + (path.count == 1 ? [.version] : [])
    text += section("Options", own.map { ($0.spelling, $0.help) }, width)
    let inherited = path.dropLast().flatMap(\.visibleOptions)
    text += section("Options of every command", inherited.map { ($0.spelling, $0.help) }, width)
    if !command.examples.isEmpty {
      text += "\nExamples:\n"
      for example in command.examples {
        text += "  \(example.line)\n" + wrap(example.explanation, indent: 6, width: width) + "\n"
      }
    }
    return text
  }

  /// `Usage: meshctl peers add [OPTIONS] INVITATION`.
  static func synopsis(_ path: [Command]) -> String {
    let command = path[path.count - 1]
    var words = ["Usage:"] + path.map(\.name) + ["[OPTIONS]"]
    if !command.visibleSubcommands.isEmpty { words.append(command.run == nil ? "COMMAND" : "[COMMAND]") }
    words += command.arguments.map(\.spelling)
    return words.joined(separator: " ")
  }

  private static func section(_ title: String, _ rows: [(String, String)], _ width: Int) -> String {
    if rows.isEmpty { return "" }
    let column = min(rows.map(\.0.count).max() ?? 0, 28) + 4
    var text = "\n\(title):\n"
    for (name, help) in rows {
      let body = wrap(help, indent: column, width: width)
      if name.count + 4 <= column {
        text += "  \(name)" + String(repeating: " ", count: column - 2 - name.count) + body.dropFirst(column) + "\n"
      } else {
        text += "  \(name)\n\(body)\n"
      }
    }
    return text
  }

  /// Breaks text into lines of at most `width` columns, each behind `indent` blanks. Empty lines part paragraphs.
  public static func wrap(_ text: String, indent: Int, width: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    let room = max(width - indent, 20)
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > room {
          lines.append(margin + line)
          line = ""
        }
        line += line.isEmpty ? String(word) : " \(word)"
      }
      lines.append(line.isEmpty ? "" : margin + line)
    }
    return lines.joined(separator: "\n")
  }
}
