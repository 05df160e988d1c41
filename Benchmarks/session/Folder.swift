// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Files of the run.
enum Folder {
  /// Removes a folder and what is in it.
  static func remove(_ path: String) {
    guard let listing = opendir(path) else {
      unlink(path)
      return
    }
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      if entry.pointee.d_type == UInt8(DT_DIR) { remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
    }
    closedir(listing)
    rmdir(path)
  }

  /// Writes a small file so that a reader sees all of it or nothing.
  static func write(_ text: String, to path: String) {
    let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0, Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count else {
      Main.fail("\(path): \(errno)")
    }
    close(descriptor)
    rename(path + ".new", path)
  }

  /// A small file, or nil when it is not there.
  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
