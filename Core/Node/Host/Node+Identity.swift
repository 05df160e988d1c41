// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshCrypto
import MeshObserve
import MeshPluginHost
import MeshWire

extension Node {
  /// The key in the file, or a fresh one when there is no file.
  static func loadIdentity(_ path: String, log: Log) throws(NodeStartError) -> Identity {
    do throws(IdentityFileError) {
      do throws(IdentityFileError) {
        return try Identity.load(path)
      } catch .system(_, _, ENOENT) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
          do throws(NodeStartError) {
            try makeFolder(String(path[..<slash]))
          } catch { throw .system(path: path, call: "mkdir", code: ENOENT) }
        }
        let identity = Identity.generate()
        try identity.save(path)
        log.info("identity_made", [.text("id", identity.id.name), .text("file", path), .text("mode", "0600")])
        return identity
      } catch { throw error }
    } catch { throw NodeStartError(error.description) }
  }

  /// Makes a folder and those above it, for this user alone.
  static func makeFolder(_ path: String) throws(NodeStartError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
    if mkdir(path, 0o700) == 0 { return }
    let code = errno
    // Another program may have made it meanwhile.
    guard code == EEXIST else {
      throw NodeStartError(
        "the folder '\(path)' cannot be made: \(String(cString: strerror(code))); make it for user \(geteuid()), or "
          + "set 'node.state' to a folder of that user")
    }
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw NodeStartError("'\(path)' is not a folder; move it away, or set 'node.state' to another place")
    }
  }

  /// Where plugins keep their state.
  static func pluginFolder(_ state: String) throws(NodeStartError) -> String {
    let folder = "\(state)/plugins"
    try makeFolder(folder)
    return folder
  }

  /// Lines of plugins in the node's log.
  static func pluginLog(_ log: Log) -> PluginLogSink {
    { level, instance, text in
      let level = LogLevel(rawValue: UInt8(clamping: level)) ?? .debug
      var source: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in instance.utf8 { source = (source ^ UInt64(byte)) &* 0x100_0000_01b3 }
      log.write(level, "plugin", source: source, [.text("transport", instance), .text("text", text)])
    }
  }
}
