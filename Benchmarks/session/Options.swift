// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the program was asked for.
struct Options {
  var seconds = 1.0
  var cpus = (0, 1)
  var workloads = Workload.all
  var peers = ["libmesh-unix", "libmesh-ws", "libmesh-htx", "libmesh-htx-tcp"]
  /// The folder with the plugins.
  var plugins = Options.pluginFolder()

  /// Nil when the arguments make no sense.
  init?(_ arguments: [String]) {
    var rest = arguments.dropFirst()
    while let word = rest.popFirst() {
      if word == "--json" { continue }
      guard let value = rest.popFirst() else { return nil }
      let parts = value.split(separator: ",").map(String.init)
      switch word {
      case "--seconds":
        guard let number = Double(value), number > 0, number < 600 else { return nil }
        seconds = number
      case "--cpus":
        guard parts.count == 2, let first = Int(parts[0]), let second = Int(parts[1]) else { return nil }
        cpus = (first, second)
      case "--workloads":
        workloads = Workload.all.filter { workload in parts.contains { $0.hasPrefix(workload.name) } }
      case "--peers": peers = peers.filter { parts.contains($0) }
      case "--plugins": plugins = Options.absolute(value)
      default: return nil
      }
    }
  }

  /// The children write it into a file of theirs, where a relative path would start in their folder.
  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// `build/plugins` of the tree in which this program was built.
  private static func pluginFolder() -> String {
    guard let path = realpath("/proc/self/exe", nil) else { return "build/plugins" }
    defer { free(path) }
    var folder = String(cString: path)
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      if access(folder + "/build/plugins", R_OK) == 0 { return folder + "/build/plugins" }
    }
    return absolute("build/plugins")
  }
}
