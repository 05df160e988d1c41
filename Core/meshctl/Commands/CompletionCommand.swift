// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine

/// `meshctl completion`: a script for the shell.
enum CompletionCommand {
  static func declaration(_ root: @escaping () -> Command) -> Command {
    Command(
      "completion", summary: "Prints completion for a shell",
      arguments: [CommandArgument("SHELL", value: .choice(Shell.allCases.map(\.rawValue)), help: "The shell")],
      examples: [
        CommandExample(
          "meshctl completion bash > /etc/bash_completion.d/meshctl", "Installs completion for every user of bash."),
        CommandExample("meshctl completion fish > ~/.config/fish/completions/meshctl.fish", "The same for fish."),
      ]
    ) { invocation, console in
      guard let shell = Shell(rawValue: invocation.required("SHELL")) else { return }
      console.write(shell.completion(of: root()))
    }
  }
}
