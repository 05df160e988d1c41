// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl explain`: what an error code means and what to do. No daemon is needed.
enum ExplainCommand {
  static func declaration() -> Command {
    Command(
      "explain", summary: "Explains an error code", discussion: "Without a code it lists all of them.",
      arguments: [
        CommandArgument("CODE", help: "Name or number, for example MESH_E_TIMEOUT, timeout or -10", isOptional: true)
      ]
    ) { invocation, console in
      guard let word = invocation.argument("CODE") else { return list(invocation, console) }
      guard let code = ErrorCode(named: word) else {
        let known = ErrorCode.allCases.flatMap { [$0.name, String($0.name.dropFirst(7))] }
        let near = NearestName.find(word.uppercased(), among: known)
        throw UsageError("there is no error code '\(word)'", word: word, suggestion: near, command: invocation.name)
      }
      if invocation.flag("json") { return console.line(json: json(code)) }
      console.line("\(console.colour(.bold, code.name)) (\(code.rawValue))\n")
      console.line(HelpText.wrap(code.meaning, indent: 0, width: console.width) + "\n")
      console.line(HelpText.wrap("What to do: " + code.advice, indent: 0, width: console.width))
      if code.isRetryable { console.line("\nThe same call may work later without any change.") }
    }
  }

  private static func list(_ invocation: Invocation, _ console: Console) {
    if invocation.flag("json") { return console.line(json: .array(ErrorCode.allCases.map(json))) }
    var table = TextTable(["CODE", "NAME", "MEANING"], [.right])
    for code in ErrorCode.allCases { table.add(["\(code.rawValue)", code.name, code.meaning]) }
    console.write(table.render(width: console.resultWidth))
  }

  private static func json(_ code: ErrorCode) -> JSONValue {
    .object([
      ("code", .integer(Int64(code.rawValue))), ("name", .string(code.name)), ("meaning", .string(code.meaning)),
      ("advice", .string(code.advice)), ("retryable", .bool(code.isRetryable)),
    ])
  }
}
