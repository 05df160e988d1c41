// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Lines of text on a descriptor.
enum Console {
  static func line(_ descriptor: Int32, _ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
  }
}
