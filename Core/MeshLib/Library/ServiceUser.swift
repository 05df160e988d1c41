// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The user that the system's daemon runs as, whose socket is trusted beside root's and one's own.
enum ServiceUser {
  private static let files = ["/etc/mesh/client.yaml", "/usr/share/mesh/client.yaml"]
  private static let key = "service_user:"
  private static let limit = 4096

  /// Its number; empty when no file names it. The first file that is there decides.
  static func trusted() -> [UInt32] {
    guard let path = files.first(where: { access($0, F_OK) == 0 }), let text = read(path) else { return [] }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      let word = line.dropFirst(key.utf8.count).prefix { $0 != "#" }.filter { $0 != " " && $0 != "\"" && $0 != "'" }
      return number(of: word).map { [$0] } ?? []
    }
    return []
  }

  /// The text of a file that belongs to root and that nobody else can write.
  private static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_uid == 0, status.st_mode & 0o022 == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count > 0 ? String(validating: bytes[..<count], as: UTF8.self) : nil
  }

  private static func number(of name: String) -> UInt32? {
    if let number = UInt32(name) { return number }
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var space = [CChar](repeating: 0, count: 16 << 10)
    guard getpwnam_r(name, &record, &space, space.count, &found) == 0, found != nil else { return nil }
    return record.pw_uid
  }
}
