// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// Commands that plugins of the running daemon bring, such as `meshctl htx ticket`.
enum PluginCommands {
  /// Groups of `meshctl` itself that plugins add commands to.
  private static let shared: Set<String> = ["bundle"]

  /// `root` with the commands of the plugins, when the first words of a line are none of its own.
  static func extend(_ root: Command, for words: [String], _ surroundings: Surroundings) throws -> Command {
    guard let word = firstWord(words, root) else { return root }
    let own = root.subcommands.first { $0.name == word }
    let next = words.drop { $0 != word }.dropFirst().first { !$0.hasPrefix("-") }
    if let own {
      guard shared.contains(word), !own.subcommands.contains(where: { $0.name == next }) else { return root }
    } else {
      // A typing error is told without asking anybody.
      guard NearestName.find(word, among: root.subcommands.map(\.name)) == nil else { return root }
    }
    var asking = root
    asking.subcommands = []
    asking.run = { _, _ in }
    guard case .run(let invocation) = try CommandParser.parse(asking, socketOption(words)) else { return root }
    let list: CommandList
    do {
      list = try surroundings.ask(CommandsListMethod.self, Nothing(), invocation)
    } catch let failure as CommandFailure {
      // What there is without plugins can be told.
      if own != nil, next == nil { return root }
      let line = own == nil ? word : "\(word) \(next ?? "")"
      throw CommandFailure(
        "'\(line)' is no command of meshctl itself, and plugins cannot be asked: \(failure.message)",
        name: failure.name, hint: failure.hint)
    }
    if own == nil, !list.commands.contains(where: { $0.group == word }) {
      throw UsageError(
        "unknown command '\(word)': meshctl has none, and no plugin that runs brings one; 'meshctl plugins' shows which "
          + "run", word: word, command: root.name)
    }
    var extended = root
    for (group, commands) in Dictionary(grouping: list.commands, by: \.group).sorted(by: { $0.key < $1.key }) {
      var declared = declaration(group, commands, surroundings)
      if let place = extended.subcommands.firstIndex(where: { $0.name == group }) {
        guard shared.contains(group) else { continue }
        let own = extended.subcommands[place].subcommands
        declared.subcommands.removeAll { command in own.contains { $0.name == command.name } }
        declared.subcommands = own + declared.subcommands
        extended.subcommands[place] = declared
      } else {
        extended.subcommands.append(declared)
      }
    }
    return extended
  }

  /// The first word that is no option of `meshctl` itself.
  private static func firstWord(_ words: [String], _ root: Command) -> String? {
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-") else { return word }
      if root.options.contains(where: { $0.value != nil && word == "--\($0.name)" }) { _ = rest.popFirst() }
    }
    return nil
  }

  /// The option that names the daemon, wherever it stands.
  private static func socketOption(_ words: [String]) -> [String] {
    for (place, word) in words.enumerated() {
      if word.hasPrefix("--socket=") { return [word] }
      if word == "--socket", place + 1 < words.count { return [word, words[place + 1]] }
    }
    return []
  }

  private static func declaration(_ group: String, _ commands: [CommandInfo], _ surroundings: Surroundings) -> Command {
    let owners = commands.first?.transports.joined(separator: ", ") ?? ""
    return Command(
      group, summary: "Commands of \(owners)",
      options: [CommandOption("transport", value: .text("NAME"), help: "Which transport, where several have it")],
      subcommands: commands.map { command($0, surroundings) })
  }

  private static func command(_ info: CommandInfo, _ surroundings: Surroundings) -> Command {
    let arguments = CommandArgument.usage(info.arguments)
    return Command(info.name, summary: info.help, arguments: arguments) { invocation, console in
      var surroundings = surroundings
      if info.changes {
        let connect = surroundings.connect
        surroundings.connect = { invocation, _ throws(ControlError) in try connect(invocation, .admin) }
      }
      let params = CommandParams(
        group: info.group, name: info.name, arguments: arguments.flatMap { invocation.arguments($0.name) },
        json: invocation.flag("json"), transport: invocation.value("transport"))
      _ = try surroundings.ask(CommandsRunMethod.self, params, invocation, timeout: nil) { output in
        console.write(bytes: output.bytes)
      }
    }
  }
}

extension CommandArgument {
  /// The arguments of a usage line such as `FILE [NAME...]`; a word that comes twice is counted up.
  static func usage(_ line: String) -> [CommandArgument] {
    var result: [CommandArgument] = []
    for word in line.split(separator: " ") {
      let isOptional = word.hasPrefix("[") && word.hasSuffix("]")
      let inner = isOptional ? word.dropFirst().dropLast() : word
      let isRepeatable = inner.hasSuffix("...")
      var name = String(isRepeatable ? inner.dropLast(3) : inner)
      if result.contains(where: { $0.name == name }) { name += "\(result.count + 1)" }
      result.append(
        CommandArgument(name, help: "Goes to the plugin as it is", isOptional: isOptional, isRepeatable: isRepeatable))
    }
    return result
  }
}
