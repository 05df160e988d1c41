// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshConfig

/// The transport host as a program, in the foreground.
@main
struct Main {
  static let version = "1.0.0"

  static func main() {
    let root = Command(
      "meshd", summary: "Runs a node that talks over any transport",
      discussion: """
        It stays in the foreground and logs to standard error. SIGTERM and SIGINT end it in order, a second one at \
        once; SIGHUP reads the configuration again. Exit codes: 0 ended in order, 1 failed, 2 the command line or the \
        configuration is wrong.
        """,
      options: [
        CommandOption(
          "config", short: "c", value: .text("PATH"), help: "The configuration (default: /etc/mesh/mesh.yaml)"),
        CommandOption(flag: "check", help: "Check the configuration, plugins' options included, and exit"),
      ],
      examples: [CommandExample("meshd --config mesh.yaml", "Runs with the file mesh.yaml.")]
    ) { invocation, console in
      let path = invocation.value("config") ?? "/etc/mesh/mesh.yaml"
      exit(invocation.flag("check") ? ConfigurationCheck.run(path, console) : Daemon.run(path, console))
    }
    let words = Array(CommandLine.arguments.dropFirst())
    exit(CommandProgram(root, version: version).run(words, console: .standard()))
  }
}
