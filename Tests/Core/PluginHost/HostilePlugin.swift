// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import Programs
import Synchronization
import Testing

/// Compiles the hostile plugin with given macros, once for each set of them.
enum HostilePlugin {
  private static let built = Mutex<[String: String]>([:])
  private static let temporaryFolders = Mutex<[String]>([])
  private static let folder = temporaryFolder()

  /// The path of `mesh_<id>.so` compiled with `-D` for each of `macros`.
  static func path(id: String = "hostile", _ macros: [String] = []) throws -> String {
    try built.withLock { built in
      let key = ([id] + macros).joined(separator: " ")
      if let path = built[key] { return path }
      let directory = "\(folder)/\(built.count)"
      try #require(mkdir(directory, 0o755) == 0)
      let path = "\(directory)/mesh_\(id).so"
      let root = repositoryRoot
      let sources = ["hostile.c", "acts.c", "lanes.c"].map { "\(root)/Tests/Plugins/Hostile/\($0)" }
      let arguments =
        ["cc", "-std=gnu11", "-shared", "-fPIC", "-pthread", "-I\(root)/include", "-o", path] + macros.map { "-D\($0)" }
        + sources
      try #require(run(arguments) == 0, "the hostile plugin does not compile with \(macros)")
      chmod(path, 0o755)
      built[key] = path
      return path
    }
  }

  /// The path of `mesh_unix.so`, the shipped template, compiled once.
  static func unixPlugin() throws -> String {
    try built.withLock { built in
      if let path = built["unix"] { return path }
      let directory = temporaryFolder()
      let path = "\(directory)/mesh_unix.so"
      let arguments = [
        "cc", "-std=c11", "-shared", "-fPIC", "-I\(repositoryRoot)/include", "-o", path,
        "\(repositoryRoot)/Plugins/Unix/unix.c",
      ]
      try #require(run(arguments) == 0, "the Unix plugin does not compile")
      chmod(path, 0o755)
      built["unix"] = path
      return path
    }
  }

  /// The path of the plugin that shows an extension, from Tests/ABI/drafts, compiled once.
  static func extensionPlugin(_ name: String) throws -> String {
    try built.withLock { built in
      if let path = built["extension \(name)"] { return path }
      let path = "\(temporaryFolder())/mesh_draft.so"
      let arguments = [
        "cc", "-std=gnu11", "-shared", "-fPIC", "-I\(repositoryRoot)/include", "-o", path,
        "\(repositoryRoot)/Tests/ABI/drafts/\(name).c",
      ]
      try #require(run(arguments) == 0, "the plugin of \(name) does not compile")
      chmod(path, 0o755)
      built["extension \(name)"] = path
      return path
    }
  }

  static var repositoryRoot: String {
    #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 }
  }

  /// A fresh folder that is removed when the tests end.
  static func temporaryFolder() -> String {
    var template = Array("/tmp/mesh-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return "/tmp" }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    temporaryFolders.withLock { folders in
      if folders.isEmpty { atexit { HostilePlugin.removeFolders() } }
      folders.append(folder)
    }
    return folder
  }

  private static func removeFolders() {
    _ = run(["rm", "-rf", "--"] + temporaryFolders.withLock { $0 })
  }

  static func copy(_ source: String, to target: String) throws {
    try #require(run(["cp", source, target]) == 0)
    chmod(target, 0o755)
  }

  /// The status of the program; it has no descriptor that another test may close meanwhile.
  static func run(_ arguments: [String]) -> Int32 {
    let pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return run_program(pointers)
  }
}
