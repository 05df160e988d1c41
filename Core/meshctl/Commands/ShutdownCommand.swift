// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl shutdown`.
enum ShutdownCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    surroundings.command(
      "shutdown", summary: "Ends the daemon after its queues have drained",
      options: [CommandOption("drain", value: .duration, help: "How long to wait at most (default: 10s)")],
      asking: ShutdownMethod.self,
      params: { ShutdownParams(drain: $0.duration("drain") ?? 10_000_000_000) },
      text: { _, _ in "The daemon is ending.\n" })
  }
}
