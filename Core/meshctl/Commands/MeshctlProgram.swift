// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine

/// The program `meshctl`: asks and steers a running `meshd`.
public enum MeshctlProgram {
  /// The version of the tools.
  public static let version = "1.0.0"

  /// All commands.
  public static func root(_ surroundings: Surroundings) -> Command {
    var root = Command(
      "meshctl", summary: "Asks and steers a running mesh node",
      discussion: """
        Talks to meshd over its Unix socket. Questions about the state need the client socket (group mesh); \
        changes need the admin socket (the daemon's user or root).

        Every command prints text for people, or with --json one line of JSON for each result.

        Plugins of the running daemon bring further commands: 'meshctl plugins commands' lists them.
        """,
      options: [
        CommandOption(flag: "json", help: "Print JSON, one line for each result; errors too"),
        CommandOption(
          "socket", value: .file("PATH"), help: "Use this socket (default: MESH_SOCKET or the usual places)"),
        CommandOption(flag: "quiet", short: "q", help: "Print results only, no progress"),
      ])
    root.subcommands = [
      KeygenCommand.declaration(), IDCommand.declaration(surroundings), StatusCommand.declaration(surroundings),
      PeersCommand.declaration(surroundings), PingCommand.declaration(surroundings),
      SendCommand.declaration(surroundings), ListenCommand.declaration(surroundings),
      CopyCommand.declaration(surroundings), WhyCommand.declaration(surroundings),
      PluginsCommand.declaration(surroundings), TransportCommand.declaration(surroundings),
      ConfigCommand.declaration(surroundings), ReloadCommand.declaration(surroundings),
      MetricsCommand.declaration(surroundings), LogLevelCommand.declaration(surroundings),
      ShutdownCommand.declaration(surroundings), ExplainCommand.declaration(),
      BundleCommand.declaration(surroundings),
    ]
    let all = { Self.root(surroundings) }
    root.subcommands += [CompletionCommand.declaration(all), ManualCommand.declaration(all)]
    return root
  }

  /// The program.
  public static func program(_ surroundings: Surroundings) -> CommandProgram {
    CommandProgram(root(surroundings), version: version) { root, words in
      try PluginCommands.extend(root, for: words, surroundings)
    }
  }
}
