// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl log-level`.
enum LogLevelCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    surroundings.command(
      "log-level", summary: "Changes how much is logged until the next restart",
      arguments: [
        CommandArgument(
          "LEVEL", value: .choice(["error", "warning", "info", "debug"]),
          help: "The least level that is logged")
      ],
      asking: LogLevelMethod.self,
      params: { LogLevel(level: $0.required("LEVEL")) },
      text: { result, _ in "Logging everything at \(TextTable.printable(result.level))\n" })
  }
}
