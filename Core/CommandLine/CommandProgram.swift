// SPDX-License-Identifier: Apache-2.0

/// A program: its root command, with help, version, errors and exit codes in one place.
public struct CommandProgram {
  /// The root, whose name is the program's.
  public let root: Command
  /// For `--version`.
  public let version: String

  /// Adds the commands to the root that only become known when a line is read.
  private let extend: (Command, [String]) throws -> Command

  /// Makes a program of a root command. `extend` may add commands to it for a line of words, or say why it cannot.
  public init(
    _ root: Command, version: String, extend: @escaping (Command, [String]) throws -> Command = { root, _ in root }
  ) {
    self.root = root
    self.version = version
    self.extend = extend
  }

  /// Runs the words after the program's name and returns the exit code.
  ///
  /// With `--json`, an error is one line of JSON on the error output: `{"error":{"name","message","hint"}}`.
  public func run(_ words: [String], console: Console) -> Int32 {
    do {
      switch try CommandParser.parse(try extend(root, words), words) {
      case .help(let path):
        console.write(HelpText.render(path, width: console.width))
      case .version:
        console.line("\(root.name) \(version)")
      case .run(let invocation):
        try invocation.command.run?(invocation, console)
      }
      return ExitCode.success
    } catch let error as UsageError {
      report(error, asJSON: words.contains("--json"), console)
      return ExitCode.usage
    } catch let failure as CommandFailure {
      report(failure, asJSON: words.contains("--json"), console)
      return ExitCode.failure
    } catch {
      report(CommandFailure("\(error)"), asJSON: words.contains("--json"), console)
      return ExitCode.failure
    }
  }

  private func report(_ error: UsageError, asJSON: Bool, _ console: Console) {
    if asJSON {
      let hint = error.suggestion.map { "Did you mean '\($0)'?" } ?? "Run '\(error.command) --help' for more."
      return report(CommandFailure(error.message, name: "MESH_E_INVALID", hint: hint), asJSON: true, console)
    }
    console.errorLine("\(console.colour(.red, "\(root.name):")) \(error.message)")
    if let suggestion = error.suggestion { console.errorLine("Did you mean '\(suggestion)'?") }
    console.errorLine("Run '\(error.command) --help' for more.")
  }

  private func report(_ failure: CommandFailure, asJSON: Bool, _ console: Console) {
    if asJSON {
      let error: [(String, JSONValue)] = [
        ("name", .string(failure.name)), ("message", .string(failure.message)), ("hint", .string(failure.hint)),
      ]
      console.errorLine(JSONWriter.write(.object([("error", .object(error))])))
      return
    }
    console.errorLine("\(console.colour(.red, "\(root.name):")) \(failure.message)")
    if !failure.hint.isEmpty { console.errorLine(failure.hint) }
  }
}
