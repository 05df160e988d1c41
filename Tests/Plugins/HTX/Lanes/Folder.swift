// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// A site with a file of a million bytes.
final class Folder {
  let path: String

  init() throws {
    var name = Array("/tmp/mesh-site.XXXXXX\0".utf8CString.dropLast())
    path = try #require(mkdtemp(&name).map { String(cString: $0) })
    let file = open("\(path)/large", O_CREAT | O_WRONLY, 0o600)
    #expect(ftruncate(file, 1_000_000) == 0)
    close(file)
  }

  deinit {
    unlink("\(path)/large")
    rmdir(path)
  }
}
