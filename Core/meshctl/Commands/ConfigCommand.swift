// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshControl

/// `meshctl config`: show, check.
enum ConfigCommand {
  /// Bytes of a configuration at most: what fits into one control message with room to spare.
  static let sizeLimit = 512 << 10

  static func declaration(_ surroundings: Surroundings) -> Command {
    let show = surroundings.command(
      "show", summary: "Shows the configuration in force, defaults included", asking: ConfigShowMethod.self,
      params: { _ in Nothing() }, text: { result, _ in result.yaml.hasSuffix("\n") ? result.yaml : result.yaml + "\n" })
    let check = Command(
      "check", summary: "Checks a configuration without using it",
      arguments: [
        CommandArgument("FILE", value: .file("FILE"), help: "The file (default: the one in use)", isOptional: true)
      ]
    ) { invocation, console in
      let path = invocation.argument("FILE")
      let source = ConfigurationSource(name: path, yaml: try path.map(read))
      let report = try surroundings.ask(ConfigCheckMethod.self, source, invocation)
      if invocation.flag("json") {
        console.line(json: JSONValue(report.cbor))
      } else {
        for problem in report.problems { console.line(line(problem)) }
        if report.problems.isEmpty { console.line("The configuration is right.") }
      }
      if !report.problems.isEmpty {
        throw CommandFailure(.config, "the configuration has \(report.problems.count) problems")
      }
    }
    return Command("config", summary: "Shows and checks the configuration", subcommands: [show, check], run: show.run)
  }

  private static func line(_ problem: ConfigurationProblem) -> String {
    let suggestion = problem.suggestion.map { "; did you mean '\($0)'?" } ?? ""
    return TextTable.printable("\(problem.file):\(problem.line):\(problem.column): \(problem.message)\(suggestion)")
  }

  private static func read(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure(.io, "'\(path)' cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &room, room.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure(.io, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      bytes += room[..<count]
      guard bytes.count <= sizeLimit else { throw CommandFailure(.limit, "'\(path)' is longer than 512 KiB") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.config, "'\(path)' is not UTF-8")
    }
    return text
  }
}
