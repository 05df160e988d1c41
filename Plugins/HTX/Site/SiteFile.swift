// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An open file of the site; it is closed with the last holder.
public final class SiteFile {
  private let descriptor: Int32
  /// Bytes.
  public let size: Int64
  /// When it was changed, Unix seconds.
  public let modified: Int64

  init(descriptor: Int32, size: Int64, modified: Int64) {
    self.descriptor = descriptor
    self.size = size
    self.modified = modified
  }

  deinit { close(descriptor) }

  func read(at offset: Int64, into target: UnsafeMutableRawPointer, count: Int) -> Int {
    while true {
      let result = pread(descriptor, target, count, off_t(offset))
      if result < 0, errno == EINTR { continue }
      return max(0, result)
    }
  }
}
