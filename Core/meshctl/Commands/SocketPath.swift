// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshControl

/// Where the daemon's sockets are.
enum SocketPath {
  /// The path given, else `MESH_SOCKET`, else the first of the usual places that exists.
  ///
  /// A user's own daemon comes before the system's. Administration needs the admin socket; everything else takes the
  /// client socket where there is one.
  static func find(
    _ given: String?, _ needed: ControlAccess, environment: (String) -> String? = Terminal.environment,
    exists: (String) -> Bool = { access($0, F_OK) == 0 }
  ) -> String {
    if let given { return given }
    if let path = environment("MESH_SOCKET"), !path.isEmpty { return path }
    let folders = [environment("XDG_RUNTIME_DIR").map { $0 + "/mesh" }, "/run/mesh"].compactMap { $0 }
    let names = needed == .admin ? ["admin.sock"] : ["client.sock", "admin.sock"]
    let places = folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
    return places.first(where: exists) ?? "/run/mesh/\(names[0])"
  }
}
