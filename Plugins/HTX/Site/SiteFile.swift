// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file of the site as it was when it was asked for, for all answers that come from it. It is open, unless too many
/// others are (`OpenFiles`).
public final class SiteFile {
  /// Bytes.
  public let size: Int64
  /// When it was changed, Unix seconds.
  public let modified: Int64
  let identity: FileIdentity
  /// By `OpenFiles.nextRead`.
  private(set) var lastRead: UInt64

  private let folder: SiteFolder
  /// Where it was found last.
  private var path: String
  private var descriptor: Int32

  init(_ folder: SiteFolder, _ path: String, descriptor: Int32, _ status: stat) {
    (self.folder, self.path, self.descriptor) = (folder, path, descriptor)
    (size, modified) = (Int64(status.st_size), Int64(status.st_mtim.tv_sec))
    identity = FileIdentity(status)
    lastRead = folder.files.nextRead()
    folder.files.add(self)
    folder.files.makeRoom()
    folder.files.opened(self)
  }

  deinit {
    folder.files.remove(self)
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// It was found again; the descriptor is its own from here on.
  func found(at path: String, descriptor: Int32) {
    self.path = path
    lastRead = folder.files.nextRead()
    if self.descriptor < 0 { use(descriptor) } else { Glibc.close(descriptor) }
  }

  /// It is opened again when it is read.
  func close() {
    Glibc.close(descriptor)
    descriptor = -1
  }

  /// Returns how many bytes were read; 0 also when it had to be closed and another file has its name now, and when it
  /// cannot be opened.
  func read(at offset: Int64, into target: UnsafeMutableRawPointer, count: Int) -> Int {
    guard descriptor >= 0 || reopen() else { return 0 }
    lastRead = folder.files.nextRead()
    while true {
      let result = pread(descriptor, target, count, off_t(offset))
      if result < 0, errno == EINTR { continue }
      return max(0, result)
    }
  }

  private func use(_ opened: Int32) {
    folder.files.makeRoom()
    descriptor = opened
    folder.files.opened(self)
  }

  private func reopen() -> Bool {
    // Before: where descriptors are short, the one that is closed for it is one more.
    folder.files.makeRoom()
    let opened = folder.open(path)
    guard opened >= 0 else { return false }
    var now = stat()
    guard fstat(opened, &now) == 0, FileIdentity(now) == identity else {
      Glibc.close(opened)
      return false
    }
    use(opened)
    return true
  }
}
