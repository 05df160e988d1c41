// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The folder whose files are the site.
final class SiteFolder {
  /// What a path is.
  enum Entry {
    case file(SiteFile)
    case folder
    case missing
    case forbidden
  }

  private let descriptor: Int32

  init(_ path: String) throws(SiteError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SiteError("the folder of the site, \(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// Opens what lies below the folder and nowhere else: the kernel refuses "..", links that lead out and special
  /// files of /proc. Names that begin with a dot do not exist.
  func entry(_ path: String) -> Entry {
    guard !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { return .missing }
    let file = clinux_open_beneath(descriptor, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0)
    guard file >= 0 else { return file == -EACCES ? .forbidden : .missing }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      close(file)
      return .missing
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      close(file)
      return .folder
    case S_IFREG:
      return .file(
        SiteFile(descriptor: file, size: Int64(status.st_size), modified: Int64(status.st_mtim.tv_sec)))
    default:
      close(file)
      return .missing
    }
  }
}
