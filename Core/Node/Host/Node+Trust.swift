// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig

extension Node {
  /// `trust: packaged` takes only what nobody but `owner` can change: the file and every folder above it, as they are
  /// once links are followed. What holds for every plugin is checked by the plugin host.
  static func checkTrust(
    _ path: String, _ trust: PluginsSettings.Trust, owner: UInt32 = 0
  ) throws(NodeStartError) {
    guard trust == .packaged else { return }
    guard let resolved = realpath(path, nil) else {
      throw NodeStartError("\(path): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    var place = String(cString: resolved)
    while true {
      var status = stat()
      guard lstat(place, &status) == 0 else {
        throw NodeStartError("\(place): \(String(cString: strerror(errno)))")
      }
      guard status.st_uid == owner || status.st_uid == 0 else {
        throw NodeStartError(
          "\(place): does not belong to root, and 'plugins.trust' is 'packaged'; set it to 'any' to load it anyway")
      }
      // In a sticky folder of root's nobody can replace what others own.
      let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_mode & 0o1000 != 0
      guard status.st_mode & 0o022 == 0 || isSticky else {
        throw NodeStartError("\(place): can be written by its group or by everyone (chmod go-w)")
      }
      guard let slash = place.lastIndex(of: "/"), place != "/" else { return }
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
  }
}
