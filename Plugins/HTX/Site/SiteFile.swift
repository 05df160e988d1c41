// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file of the site as it was when it was asked for. It is not always open: many answers may wait to be taken.
public final class SiteFile {
  /// Bytes.
  public let size: Int64
  /// When it was changed, Unix seconds.
  public let modified: Int64

  private let folder: SiteFolder
  private let path: String
  private let status: stat
  private var descriptor: Int32

  init(_ folder: SiteFolder, _ path: String, descriptor: Int32, _ status: stat) {
    (self.folder, self.path, self.descriptor, self.status) = (folder, path, descriptor, status)
    (size, modified) = (Int64(status.st_size), Int64(status.st_mtim.tv_sec))
    folder.files.use(self)
  }

  deinit {
    guard descriptor >= 0 else { return }
    folder.files.remove(self)
    Glibc.close(descriptor)
  }

  /// It is opened again when it is read.
  func close() {
    Glibc.close(descriptor)
    descriptor = -1
  }

  /// Returns how many bytes were read; 0 also when another file has its name now, and when it cannot be opened.
  func read(at offset: Int64, into target: UnsafeMutableRawPointer, count: Int) -> Int {
    guard descriptor >= 0 || reopen() else { return 0 }
    folder.files.use(self)
    while true {
      let result = pread(descriptor, target, count, off_t(offset))
      if result < 0, errno == EINTR { continue }
      return max(0, result)
    }
  }

  private func reopen() -> Bool {
    let opened = folder.open(path)
    guard opened >= 0 else { return false }
    var now = stat()
    let isSame =
      fstat(opened, &now) == 0 && now.st_dev == status.st_dev && now.st_ino == status.st_ino
      && now.st_size == status.st_size && now.st_mtim.tv_sec == status.st_mtim.tv_sec
      && now.st_mtim.tv_nsec == status.st_mtim.tv_nsec
    guard isSame else {
      Glibc.close(opened)
      return false
    }
    descriptor = opened
    return true
  }
}
