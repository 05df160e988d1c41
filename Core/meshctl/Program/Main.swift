// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshctlCommands

@main
struct Main {
  static func main() {
    let program = MeshctlProgram.program(.system())
    exit(program.run(Array(CommandLine.arguments.dropFirst()), console: .standard()))
  }
}
