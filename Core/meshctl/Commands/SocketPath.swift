// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshConfig
import MeshControl

/// Where the daemon's sockets are.
enum SocketPath {
  /// The path given, else `MESH_SOCKET`, else those of the usual places that exist, to be tried in this order; the
  /// system's when there is none.
  ///
  /// A user's own daemon comes before the system's. Administration needs the admin socket; everything else takes the
  /// client socket where there is one.
  static func places(
    _ given: String?, _ needed: ControlAccess, environment: (String) -> String? = Terminal.environment,
    user: UInt32 = geteuid(), owner: (String) -> UInt32? = Environment.owner(of:),
    exists: (String) -> Bool = { access($0, F_OK) == 0 }
  ) -> [String] {
    if let given { return [given] }
    if let path = environment("MESH_SOCKET"), !path.isEmpty { return [path] }
    var own = Environment(userID: user)
    for name in Environment.folderVariables { own.variables[name] = environment(name) }
    let names = needed == .admin ? ["admin.sock"] : ["client.sock", "admin.sock"]
    let places = own.clientFolders(owner: owner).flatMap { folder in names.map { "\(folder)/\($0)" } }
    let existing = places.filter(exists)
    return existing.isEmpty ? ["/run/mesh/\(names[0])"] : existing
  }
}
