// SPDX-License-Identifier: Apache-2.0
import Glibc
import Programs
import Synchronization
import Testing

/// Folders that are removed when the tests end, and the plugins of the tests compiled into one of them.
enum TemporaryFolder {
  private static let folders = Mutex<[String]>([])
  private static let plugins = Mutex<String?>(nil)

  static func make() -> String {
    var template = Array("/tmp/mesh-node-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return "/tmp" }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    folders.withLock { folders in
      if folders.isEmpty { atexit { TemporaryFolder.removeAll() } }
      folders.append(folder)
    }
    return folder
  }

  /// A folder with `mesh_unix.so`, `mesh_postbox.so` and `mesh_loopback.so`, which has lanes; compiled once.
  static func withPlugins() throws -> String {
    try plugins.withLock { built in
      if let built { return built }
      let folder = make()
      let root = #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 }
      let sources = [
        ("unix", "Plugins/Unix/unix.c"), ("postbox", "Tests/Plugins/Carrier/postbox.c"),
        ("loopback", "Tests/Conformance/lanes/lanes.c"),
      ]
      for (id, source) in sources {
        let path = "\(folder)/mesh_\(id).so"
        let arguments = [
          "cc", "-std=c11", "-O1", "-fPIC", "-fvisibility=hidden", "-I\(root)/include", "-shared",
          "-Wl,-z,nodelete", "-Wl,-z,now", "-Wl,--version-script=\(root)/include/mesh/mesh_plugin.version", "-o",
          path, "\(root)/\(source)",
        ]
        try #require(run(arguments) == 0, "the plugin \(id) does not compile")
        chmod(path, 0o755)
      }
      built = folder
      return folder
    }
  }

  private static func removeAll() { _ = run(["rm", "-rf", "--"] + folders.withLock { $0 }) }

  /// The status of the program; it has no descriptor that another test may close meanwhile.
  static func run(_ arguments: [String]) -> Int32 {
    let pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return run_program(pointers)
  }
}
