// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// A folder with a few files and a way out of it that must not work.
final class SiteFiles {
  /// What data.bin has.
  static let body = (0..<1000).map { UInt8($0 % 251) }

  private let path: String
  private var more: [String] = []

  init() throws {
    var template = Array("/tmp/mesh-site-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for folder in ["/www", "/www/sub", "/www/empty"] { try #require(mkdir(path + folder, 0o755) == 0) }
    try write("../secret", Array("outside".utf8))
    try write("index.html", Array("<p>home</p>".utf8))
    try write("sub/index.html", Array("<p>sub</p>".utf8))
    try write("data.bin", Self.body)
    try write(".hidden", Array("hidden".utf8))
    try write("zero.txt", [])
    try #require(symlink("../secret", www + "/out.txt") == 0)
    try #require(symlink("/etc/passwd", www + "/absolute.txt") == 0)
    try #require(symlink("data.bin", www + "/link.bin") == 0)
    try #require(mkfifo(www + "/pipe", 0o644) == 0)
  }

  deinit {
    for file in [
      "../secret", "index.html", "sub/index.html", "data.bin", ".hidden", "zero.txt", "out.txt", "absolute.txt",
      "link.bin", "pipe",
    ] + more { unlink(www + "/" + file) }
    for folder in ["/www/sub", "/www/empty", "/www", ""] { rmdir(path + folder) }
  }

  /// The site's folder.
  var www: String { path + "/www" }

  /// One file more.
  func add(_ name: String, _ bytes: [UInt8]) throws {
    more.append(name)
    try write(name, bytes)
  }

  /// Another file takes the name of one that is there.
  func replace(_ name: String, _ bytes: [UInt8]) throws {
    try add("\(name).new", bytes)
    try #require(rename("\(www)/\(name).new", "\(www)/\(name)") == 0)
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = open("\(www)/\(name)", O_WRONLY | O_CREAT | O_EXCL, 0o644)
    try #require(file >= 0 && Glibc.write(file, bytes, bytes.count) == bytes.count)
    close(file)
  }
}
