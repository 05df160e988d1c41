// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine

/// Records what a program writes.
final class Recorder {
  var output: [UInt8] = []
  var error: [UInt8] = []
  var text: String { String(decoding: output, as: UTF8.self) }
  var errorText: String { String(decoding: error, as: UTF8.self) }

  func console(width: Int = 80, isTerminal: Bool = false, colour: Bool = false) -> Console {
    Console(
      width: width, isTerminal: isTerminal, isErrorTerminal: isTerminal, usesColour: colour,
      output: { self.output += $0 }, error: { self.error += $0 })
  }
}

/// A program with every kind of declaration.
func sampleProgram(_ seen: @escaping (Invocation) -> Void = { _ in }) -> Command {
  let run: (Invocation, Console) throws -> Void = { invocation, _ in seen(invocation) }
  return Command(
    "sample", summary: "Does sample things", discussion: "First paragraph.\n\nSecond - with a dash.",
    options: [
      CommandOption(flag: "json", short: "j", help: "Print JSON"),
      CommandOption("socket", value: .file("PATH"), help: "Use this socket"),
    ],
    subcommands: [
      Command("status", summary: "Shows the state", run: run),
      Command(
        "copy", summary: "Copies 'files'",
        options: [
          CommandOption("class", short: "c", value: .choice(["bulk", "normal"]), help: "Traffic class"),
          CommandOption("count", short: "n", value: .integer(1...10), help: "How often"),
          CommandOption("wait", value: .duration, help: "How long"),
          CommandOption("size", value: .bytes, help: "How much"),
          CommandOption("tag", value: .text("TAG"), help: "A tag", isRepeatable: true),
          CommandOption(flag: "force", short: "f", help: "Replace"),
        ],
        arguments: [
          CommandArgument("FILE", value: .file("FILE"), help: "what to copy"),
          CommandArgument("TARGET", help: "where to", isOptional: true, isRepeatable: true),
        ],
        examples: [CommandExample("sample copy a b", "Copies a to b.")], run: run),
      Command(
        "peers", summary: "Works on peers",
        subcommands: [
          Command("list", summary: "Lists them", run: run),
          Command("add", summary: "Adds one", arguments: [CommandArgument("NAME", help: "whom")], run: run),
        ]),
      Command(
        "fail", summary: "Fails",
        run: { _, _ in throw CommandFailure("the daemon is away", name: "MESH_E_IO", hint: "Start it.") }),
      Command("secret", summary: "Hidden", isHidden: true, run: run),
    ])
}

/// The invocation that these words lead to, or nil when they do not lead to one.
func invocation(_ words: String...) throws -> Invocation? {
  if case .run(let result) = try CommandParser.parse(sampleProgram(), words) { return result }
  return nil
}

/// The error that these words lead to.
func usageError(_ words: String...) -> UsageError? {
  do throws(UsageError) {
    _ = try CommandParser.parse(sampleProgram(), words)
    return nil
  } catch {
    return error
  }
}
