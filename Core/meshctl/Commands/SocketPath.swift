// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshConfig
import MeshControl

/// Where the daemon's sockets are.
enum SocketPath {
  /// The path given, else `MESH_SOCKET`, else the first of the usual places that exists.
  ///
  /// A user's own daemon comes before the system's. Administration needs the admin socket; everything else takes the
  /// client socket where there is one.
  static func find(
    _ given: String?, _ needed: ControlAccess, environment: (String) -> String? = Terminal.environment,
    user: UInt32 = geteuid(), exists: (String) -> Bool = { access($0, F_OK) == 0 }
  ) -> String {
    if let given { return given }
    if let path = environment("MESH_SOCKET"), !path.isEmpty { return path }
    var own = Environment(userID: user)
    for name in ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"] { own.variables[name] = environment(name) }
    let folders = own.clientFolders
    let names = needed == .admin ? ["admin.sock"] : ["client.sock", "admin.sock"]
    let places = folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
    return places.first(where: exists) ?? "/run/mesh/\(names[0])"
  }
}
