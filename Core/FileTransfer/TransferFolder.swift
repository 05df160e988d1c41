// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The receiver's folder. Everything it does happens beneath that folder, without following links, and may block: it
/// is called on threads of the pool.
final class TransferFolder: Sendable {
  /// Writes like `pwrite`; another function in tests that need a full disk.
  typealias Write = @Sendable (Int32, UnsafeRawPointer, Int, off_t) -> Int

  let descriptor: Int32
  let options: FileReceiverOptions
  let write: Write

  /// Opens an existing folder; nil leaves the reason in `errno`.
  init?(path: String, options: FileReceiverOptions, write: Write? = nil) {
    descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    self.options = options
    self.write = write ?? { pwrite($0, $1, $2, $3) }
    if descriptor < 0 { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Finds out how far an earlier transfer came, or makes an empty part file; `key` says which transfer it is.
  func prepare(_ offer: FileOffer, key: [UInt8]) -> Result<PartFile, FileRefusal> {
    Result { () throws(FileRefusal) in
      let name = offer.name
      let isSame = mark(of: name) == key
      let existing = status(name)
      if isSame, status(FileName.part(of: name)) == nil, let existing, existing.st_mode & S_IFMT == S_IFREG,
        existing.st_size == Int64(offer.size)
      {
        // Renamed, and the sender never heard of it: only the hash has to be compared.
        let finished = try open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, name)
        return PartFile(self, finished, offer, start: offer.size, isComplete: true)
      }
      if let existing {
        if existing.st_mode & S_IFMT == S_IFDIR {
          throw FileRefusal(.storage, "a folder of the name '\(name)' is there already")
        }
        if !offer.force { throw FileRefusal(.exists, "a file '\(name)' is there already") }
      }
      let file: PartFile
      if isSame, let part = continued(offer) { file = part } else { file = try fresh(offer, key) }
      try checkSpace(for: file)
      return file
    }
  }

  private func continued(_ offer: FileOffer) -> PartFile? {
    let part = clinux_open_beneath(descriptor, FileName.part(of: offer.name), O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0)
    guard part >= 0 else { return nil }
    var info = stat()
    // Anything but our own plain file was put there by somebody else.
    guard fstat(part, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_nlink == 1, info.st_uid == geteuid(),
      info.st_size <= Int64(offer.size)
    else {
      close(part)
      return nil
    }
    return PartFile(self, part, offer, start: UInt64(info.st_size), isComplete: false)
  }

  private func fresh(_ offer: FileOffer, _ key: [UInt8]) throws(FileRefusal) -> PartFile {
    try remove(FileName.part(of: offer.name), of: offer.name)
    try remove(FileName.mark(of: offer.name), of: offer.name)
    let created = O_CREAT | O_EXCL | O_NOFOLLOW
    let mark = try open(FileName.mark(of: offer.name), O_WRONLY | created, offer.name)
    let written = key.withUnsafeBytes { Glibc.write(mark, $0.baseAddress!, key.count) }
    let code = errno
    close(mark)
    guard written == key.count else {
      forget(offer.name)
      throw Self.refusal(written < 0 ? code : ENOSPC, offer.name)
    }
    let part = try open(FileName.part(of: offer.name), O_RDWR | created, offer.name)
    return PartFile(self, part, offer, start: 0, isComplete: false)
  }

  private func checkSpace(for file: PartFile) throws(FileRefusal) {
    var space = statvfs()
    guard fstatvfs(descriptor, &space) == 0 else { return }
    let (free, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
    let needed = file.offer.size - file.start
    guard !overflow, needed > 0, needed > free || free - needed < options.reservedSpace else { return }
    if file.start == 0 { forget(file.offer.name) }
    throw FileRefusal(
      .noSpace, "'\(file.offer.name)' needs \(needed) bytes more and the receiver's disk has \(free) bytes free")
  }

  /// Removes the part file and its mark.
  func forget(_ name: String) {
    unlinkat(descriptor, FileName.part(of: name), 0)
    unlinkat(descriptor, FileName.mark(of: name), 0)
  }

  /// The sender knows that the file is complete.
  func removeMark(of name: String) { unlinkat(descriptor, FileName.mark(of: name), 0) }

  /// Gives the part file its name, for good.
  func publish(_ offer: FileOffer) throws(FileRefusal) {
    let part = FileName.part(of: offer.name)
    var code = clinux_rename(descriptor, part, offer.name, offer.force ? 1 : 0)
    if code == -EINVAL, !offer.force {
      // A file system that cannot rename without replacing can link without replacing.
      code = linkat(descriptor, part, descriptor, offer.name, 0) == 0 ? 0 : -errno
      if code == 0 { unlinkat(descriptor, part, 0) }
    }
    guard code == 0 else {
      throw code == -EEXIST
        ? FileRefusal(.exists, "a file '\(offer.name)' has come up meanwhile") : Self.refusal(-code, offer.name)
    }
    guard fsync(descriptor) == 0 else { throw Self.refusal(errno, offer.name) }
  }

  /// Removes part files and marks that nobody has continued for long; `active` names are left alone.
  func clean(now: Int64, except active: Set<String>) {
    guard let listing = fdopendir(clinux_open_beneath(descriptor, ".", O_RDONLY | O_DIRECTORY, 0)) else { return }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name, let owner = FileName.owner(of: name), !active.contains(owner), let info = status(name),
        info.st_mode & S_IFMT == S_IFREG, now - Int64(info.st_mtim.tv_sec) > options.partLifetime
      else { continue }
      unlinkat(descriptor, name, 0)
    }
  }

  private func mark(of name: String) -> [UInt8]? {
    let mark = clinux_open_beneath(descriptor, FileName.mark(of: name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard mark >= 0 else { return nil }
    defer { close(mark) }
    var bytes = [UInt8](repeating: 0, count: FileTransferProtocol.hashLength + 1)
    let count = read(mark, &bytes, bytes.count)
    return count == FileTransferProtocol.hashLength ? Array(bytes[..<count]) : nil
  }

  private func status(_ name: String) -> stat? {
    var info = stat()
    return fstatat(descriptor, name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? info : nil
  }

  private func remove(_ entry: String, of name: String) throws(FileRefusal) {
    guard unlinkat(descriptor, entry, 0) != 0, errno != ENOENT else { return }
    throw Self.refusal(errno, name)
  }

  private func open(_ entry: String, _ flags: Int32, _ name: String) throws(FileRefusal) -> Int32 {
    let opened = clinux_open_beneath(descriptor, entry, flags, 0o600)
    guard opened >= 0 else { throw Self.refusal(-opened, name) }
    return opened
  }

  /// An error of the file system, without any path of this machine.
  static func refusal(_ code: Int32, _ name: String) -> FileRefusal {
    switch code {
    case ENOSPC, EDQUOT: FileRefusal(.noSpace, "the receiver's disk is full; what arrived of '\(name)' is kept")
    case EFBIG: FileRefusal(.tooLarge, "'\(name)' is larger than the receiver's file system takes")
    default: FileRefusal(.storage, "the receiver cannot store '\(name)': \(String(cString: strerror(code)))")
    }
  }
}
