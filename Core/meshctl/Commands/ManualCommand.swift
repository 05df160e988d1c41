// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine

/// `meshctl manual`: prints the source of the manual page meshctl(1).
enum ManualCommand {
  static func declaration(_ root: @escaping () -> Command) -> Command {
    Command("manual", summary: "Prints the manual page") { _, console in
      let front = ManualPage.Front(
        section: 1,
        environment: [
          ("MESH_SOCKET", "The daemon's socket, unless --socket names one."),
          ("XDG_RUNTIME_DIR", "Below it, in mesh/, the sockets of a user's own daemon are looked for first."),
          ("NO_COLOR", "When set and not empty, nothing is coloured."),
        ],
        files: [
          ("/run/mesh/admin.sock", "The admin socket: the daemon's user and root."),
          ("/run/mesh/client.sock", "The client socket: members of group mesh."),
        ], related: ["meshd(8)"])
      console.write(ManualPage.render(root(), version: MeshctlProgram.version, front: front))
    }
  }
}
