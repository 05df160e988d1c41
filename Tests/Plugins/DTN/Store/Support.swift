// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// A folder that goes with the test.
final class Folder {
  let path: String

  init() {
    var template = Array("/tmp/mesh-store-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  /// Overwrites the byte that stands `distance` before the first `text` in the page that has most of them, as a bad sector
  /// would: each group of bundles that was written leaves older copies of pages behind, with fewer records.
  func damage(before text: String, by distance: Int) throws {
    let file = open("\(path)/data.mdb", O_RDWR)
    try #require(file >= 0)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = pread(file, &bytes, bytes.count, 0)
    let pattern = Array(text.utf8)
    let places = (0..<(count - pattern.count)).filter { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    let pages = Dictionary(grouping: places) { $0 / Int(getpagesize()) }
    let most = pages.values.map(\.count).max()
    let place = places.first { pages[$0 / Int(getpagesize())]?.count == most }
    var wrong: UInt8 = 0xff
    try #require(pwrite(file, &wrong, 1, try #require(place) - distance) == 1)
  }

  deinit {
    for name in ["data.mdb", "lock.mdb"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
