// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes from the system's random source.
package enum Random {
  package static func fill(_ target: UnsafeMutableRawBufferPointer) {
    precondition(target.count <= 256 && getentropy(target.baseAddress, target.count) == 0, "no random source")
  }

  package static func word() -> UInt64 {
    var value: UInt64 = 0
    withUnsafeMutableBytes(of: &value) { fill($0) }
    return value
  }

  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { fill($0) }
    return bytes
  }
}
