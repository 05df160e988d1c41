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

/// A seeded generator (SplitMix64), so that a failing case can be repeated.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}
