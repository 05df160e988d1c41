// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A folder that goes with the test.
final class Folder {
  let path: String

  init() {
    var template = Array("/tmp/mesh-store-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    for name in ["data.mdb", "lock.mdb"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
