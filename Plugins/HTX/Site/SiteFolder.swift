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
    /// It may be there; this machine has no means to look.
    case failed
  }

  private let descriptor: Int32
  /// Those of its files that answers come from.
  var files = OpenFiles()
  /// Why a file could not be opened for lack of means, last, errno; 0 when none was.
  var lack: Int32 = 0

  init(_ path: String) throws(SiteError) {
    descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SiteError("the folder of the site, \(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// Opens what lies below the folder and nowhere else: the kernel refuses "..", links that lead out and special
  /// files of /proc. Names that begin with a dot do not exist.
  func entry(_ path: String) -> Entry {
    guard !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { return .missing }
    let file = open(path)
    guard file >= 0 else { return Self.entry(error: -file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      close(file)
      return .failed
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      close(file)
      return .folder
    case S_IFREG:
      guard let known = files.find(FileIdentity(status)) else {
        return .file(SiteFile(self, path, descriptor: file, status))
      }
      known.found(at: path, descriptor: file)
      return .file(known)
    default:
      close(file)
      return .missing
    }
  }

  /// A descriptor, or -errno.
  func open(_ path: String) -> Int32 {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    var file = clinux_open_beneath(descriptor, path, flags, 0)
    // A process without free descriptors may have one in an answer that is not read.
    if file == -EMFILE, files.closeOldest() { file = clinux_open_beneath(descriptor, path, flags, 0) }
    if file < 0, case .failed = Self.entry(error: -file) { lack = -file }
    return file
  }

  /// What a file is that cannot be opened for this reason.
  static func entry(error: Int32) -> Entry {
    switch error {
    case EACCES: .forbidden
    case EMFILE, ENFILE, ENOMEM, EIO: .failed
    default: .missing
    }
  }
}
