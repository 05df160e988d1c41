// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl reload`.
enum ReloadCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    surroundings.command(
      "reload", summary: "Reads the configuration again: all of it, or nothing", asking: ReloadMethod.self,
      params: { _ in Nothing() }, text: text)
  }

  private static func text(_ report: ReloadReport, _ console: Console) -> String {
    if report.changes.isEmpty, report.needRestart.isEmpty { return "Nothing has changed.\n" }
    let changes = report.changes.map { "\(TextTable.printable($0))\n" }.joined()
    return changes + report.needRestart.map { "\(TextTable.printable($0)) waits for a restart\n" }.joined()
  }
}
