// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Where `make install` or the packages put what belongs to this code, told from where the code itself lies.
///
/// The prefix is what stands before `bin/meshd` or `lib/libmesh.so.1`; a folder of one architecture below `lib` is passed
/// over, so that `/usr/lib/x86_64-linux-gnu/libmesh.so.1` belongs to `/usr`.
public enum Installation {
  /// Where plugins are looked for when none are beside the library or program.
  static let commonPluginFolders = ["/usr/lib/mesh/plugins", "/usr/local/lib/mesh/plugins"]

  /// The packaged plugins: `lib/mesh/plugins` of the prefix, else, for a library that was copied elsewhere, the first
  /// folder of the system that exists. Nil when the system does not say where this code lies.
  public static func pluginFolder() -> String? {
    guard let own = file("lib/mesh/plugins") else { return nil }
    return ([own] + commonPluginFolders).first { access($0, F_OK) == 0 } ?? own
  }

  /// A file of the prefix, such as `share/mesh/client.yaml`; it need not exist.
  public static func file(_ name: String) -> String? {
    guard let path = clinux_code_path() else { return nil }
    defer { free(path) }
    return prefix(of: String(cString: path)) + "/" + name
  }

  /// The prefix of the program or library at an absolute path, without a slash at its end.
  static func prefix(of path: String) -> String {
    var folders = path.split(separator: "/").dropLast()
    let isOfOneArchitecture = folders.dropLast().last == "lib"
    folders = folders.dropLast(isOfOneArchitecture ? 2 : 1)
    return folders.isEmpty ? "" : "/" + folders.joined(separator: "/")
  }
}
