// SPDX-License-Identifier: Apache-2.0

/// Reads a command line against declarations: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-ab`,
/// and `--` before arguments that begin with a dash. Options may stand anywhere after their command.
public struct CommandParser {
  private var path: [Command]
  private var invocation: Invocation
  private var positional: [String] = []
  private var words: ArraySlice<String>
  private var wantsHelp = false
  private var wantsVersion = false

  private init(_ root: Command, _ words: [String]) {
    path = [root]
    invocation = Invocation(path: [root])
    self.words = words[...]
  }

  /// Parses the words after the program's name.
  public static func parse(_ root: Command, _ words: [String]) throws(UsageError) -> ParsedCommand {
    var parser = CommandParser(root, words)
    return try parser.parse()
  }

  private var command: Command { path[path.count - 1] }
  private var name: String { path.map(\.name).joined(separator: " ") }
  private var options: [CommandOption] {
    path.flatMap(\.options) + [.help] + (path.count == 1 ? [.version] : [])
  }

  private mutating func parse() throws(UsageError) -> ParsedCommand {
    var onlyArguments = false
    while let word = words.popFirst() {
      if onlyArguments {
        positional.append(word)
      } else if word == "--" {
        onlyArguments = true
      } else if word.hasPrefix("--") {
        try takeLong(word)
      } else if word.hasPrefix("-"), word != "-", !isNegativeNumber(word) {
        try takeShort(word)
      } else {
        try takeWord(word)
      }
      // Help is shown even for a line that is not complete yet.
      if wantsHelp { return .help(path) }
      if wantsVersion { return .version }
    }
    return try finish()
  }

  /// `-10` is an argument, unless an option is named by a digit.
  private func isNegativeNumber(_ word: String) -> Bool {
    Int64(word) != nil && !options.contains { $0.short?.isNumber == true }
  }

  private mutating func takeWord(_ word: String) throws(UsageError) {
    if positional.isEmpty, !command.subcommands.isEmpty {
      if let next = command.subcommands.first(where: { $0.name == word }) {
        path.append(next)
        return
      }
      if command.arguments.isEmpty {
        throw UsageError(
          "unknown command '\(word)'", word: word,
          suggestion: NearestName.find(word, among: command.visibleSubcommands.map(\.name)), command: name)
      }
    }
    positional.append(word)
  }

  private mutating func takeLong(_ word: String) throws(UsageError) {
    let body = word.dropFirst(2)
    let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let label = String(parts[0])
    guard let option = options.first(where: { $0.name == label }) else {
      let near = NearestName.find(label, among: options.filter { !$0.isHidden }.map(\.name))
      throw UsageError(
        "unknown option '--\(label)'", word: "--\(label)", suggestion: near.map { "--\($0)" }, command: name)
    }
    let given = parts.count == 2 ? String(parts[1]) : nil
    if option.value == nil, given != nil {
      throw UsageError("option '--\(label)' takes no value", word: word, command: name)
    }
    try record(option, as: "--\(label)", value: given)
  }

  private mutating func takeShort(_ word: String) throws(UsageError) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else {
        throw UsageError("unknown option '-\(letter)'", word: word, command: name)
      }
      if option.value == nil {
        try record(option, as: "-\(letter)", value: nil)
      } else {
        let rest = letters.isEmpty ? nil : String(letters)
        letters = ""
        try record(option, as: "-\(letter)", value: rest)
      }
    }
  }

  private mutating func record(_ option: CommandOption, as typed: String, value: String?) throws(UsageError) {
    guard let kind = option.value else {
      if option.name == CommandOption.help.name { wantsHelp = true }
      if path.count == 1, option.name == CommandOption.version.name { wantsVersion = true }
      invocation.flags.insert(option.name)
      return
    }
    guard let value = value ?? words.popFirst() else {
      throw UsageError("option '\(typed)' needs a value (\(kind.placeholder))", word: typed, command: name)
    }
    try kind.check(value, owner: "'\(typed)'", command: name)
    if !option.isRepeatable, invocation.optionValues[option.name] != nil {
      throw UsageError("option '\(typed)' is given twice", word: typed, command: name)
    }
    invocation.optionValues[option.name, default: []].append(value)
  }

  private mutating func finish() throws(UsageError) -> ParsedCommand {
    guard command.run != nil else {
      if path.count == 1, positional.isEmpty { return .help(path) }
      let names = command.visibleSubcommands.map(\.name).joined(separator: ", ")
      throw UsageError("'\(name)' needs a command: \(names)", command: name)
    }
    var rest = positional[...]
    for argument in command.arguments {
      var values: [String] = []
      while let word = rest.first, values.isEmpty || argument.isRepeatable {
        try argument.value.check(word, owner: argument.name, command: name)
        values.append(word)
        rest.removeFirst()
      }
      if values.isEmpty, !argument.isOptional {
        throw UsageError("'\(name)' needs \(argument.name): \(argument.explanation)", command: name)
      }
      invocation.argumentValues[argument.name] = values
    }
    if let extra = rest.first {
      throw UsageError("'\(name)' does not take '\(extra)'", word: extra, command: name)
    }
    var result = Invocation(path: path)
    result.flags = invocation.flags
    result.optionValues = invocation.optionValues
    result.argumentValues = invocation.argumentValues
    return .run(result)
  }
}
