// SPDX-License-Identifier: Apache-2.0

/// The manual page of a program, in the man macros of roff, made from its declarations.
public enum ManualPage {
  /// What a manual page has beside its commands.
  public struct Front {
    /// Section of the manual, for example 1.
    public let section: Int
    /// Names and meanings of environment variables.
    public let environment: [(String, String)]
    /// Paths and what is kept there.
    public let files: [(String, String)]
    /// Related pages such as `meshd(8)`.
    public let related: [String]

    /// Makes the front matter.
    public init(
      section: Int, environment: [(String, String)] = [], files: [(String, String)] = [], related: [String] = []
    ) {
      self.section = section
      self.environment = environment
      self.files = files
      self.related = related
    }
  }

  /// The page's source text.
  public static func render(_ root: Command, version: String, front: Front) -> String {
    var page =
      ".TH \(escape(root.name.uppercased())) \(front.section) \"\" \"\(escape(root.name)) \(escape(version))\"\n"
    page += ".SH NAME\n\(escape(root.name)) \\- \(escape(root.summary.lowercasedFirst))\n"
    page += ".SH SYNOPSIS\n.B \(escape(root.name))\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n"
    if !root.discussion.isEmpty { page += ".SH DESCRIPTION\n\(paragraphs(root.discussion))" }
    page += ".SH OPTIONS\n" + options(root.visibleOptions + [.help, .version])
    page += ".SH COMMANDS\n"
    root.walk { path, _ in if path.count > 1, path[path.count - 1].run != nil { page += command(path) } }
    page += ".SH \"EXIT STATUS\"\n"
    page += entry("0", "The command did what it was asked.")
    page += entry("1", "The command failed; the error output says why and what to do.")
    page += entry("2", "The command line was not understood.")
    page += section("ENVIRONMENT", front.environment)
    page += section("FILES", front.files)
    if !front.related.isEmpty {
      page += ".SH \"SEE ALSO\"\n" + front.related.map(escape).joined(separator: ",\n") + "\n"
    }
    return page
  }

  private static func command(_ path: [Command]) -> String {
    let command = path[path.count - 1]
    let usage = path.dropFirst().map(\.name) + command.arguments.map(\.spelling)
    var text = ".SS \"\(escape(usage.joined(separator: " ")))\"\n\(escape(command.summary)).\n"
    if !command.discussion.isEmpty { text += ".PP\n\(paragraphs(command.discussion))" }
    for argument in command.arguments {
      text += entry("\\fI\(escape(argument.name))\\fR", escape(argument.explanation) + ".")
    }
    text += options(command.visibleOptions)
    for example in command.examples {
      text += ".PP\n\(escape(example.explanation))\n.PP\n.RS 4\n.nf\n\(escape(example.line))\n.fi\n.RE\n"
    }
    return text
  }

  private static func options(_ options: [CommandOption]) -> String {
    options.map { entry("\\fB\(escape($0.spelling))\\fR", escape($0.help) + ".") }.joined()
  }

  private static func section(_ title: String, _ rows: [(String, String)]) -> String {
    if rows.isEmpty { return "" }
    return ".SH \(title)\n" + rows.map { entry("\\fB\(escape($0.0))\\fR", escape($0.1)) }.joined()
  }

  private static func entry(_ title: String, _ text: String) -> String { ".TP\n\(title)\n\(text)\n" }

  private static func paragraphs(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? ".PP" : escape(String($0)) }.joined(separator: "\n") + "\n"
  }

  /// Text that roff shows as it is: a reverse solidus, a dash and everything beyond
  /// ASCII are escaped, and no line begins with a request.
  static func escape(_ text: String) -> String {
    var result = ""
    var isLineStart = true
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "\"": result += "\\(dq"
      case ".", "'": result += isLineStart ? "\\&\(character)" : String(character)
      default:
        for scalar in character.unicodeScalars {
          if scalar.isASCII {
            result.unicodeScalars.append(scalar)
          } else {
            result += "\\[u\(hexadecimal(scalar.value))]"
          }
        }
      }
      isLineStart = character == "\n"
    }
    return result
  }

  /// At least four digits, as groff wants them for a Unicode character.
  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
