// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What tells a file, as it was when it was looked at, from every other one and from what it becomes later.
struct FileIdentity: Hashable {
  private let device: dev_t
  private let number: ino_t
  private let size: off_t
  private let seconds: time_t
  private let nanoseconds: Int

  init(_ status: stat) {
    (device, number, size) = (status.st_dev, status.st_ino, status.st_size)
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
  }
}
