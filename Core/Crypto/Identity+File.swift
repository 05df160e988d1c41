// SPDX-License-Identifier: Apache-2.0
import CSodium
import Glibc
import MeshWire

/// The key file is one line of text: `mesh-identity 1 <seed, 64 hexadecimal digits> <name of the node>`. The name makes
/// damage show.
extension Identity {
  private static let start = Array("mesh-identity 1 ".utf8)
  private static let fileLimit = 512

  /// The identity in the file at `path`, which must be a plain file that belongs to this user and that nobody else can
  /// read or write. Links are not followed.
  public static func load(_ path: String) throws(IdentityFileError) -> Identity {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else {
      if errno == ELOOP { throw .notAFile(path: path) }
      throw .system(path: path, call: "open", code: errno)
    }
    defer { close(file) }
    try checkAccess(file, path)
    var count = 0
    var failure: Int32 = 0
    let text = SecretBytes(count: fileLimit) { buffer in
      while count < buffer.count {
        let step = Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        if step < 0 && errno == EINTR { continue }
        if step < 0 { failure = errno }
        if step <= 0 { break }
        count += step
      }
    }
    guard failure == 0 else { throw .system(path: path, call: "read", code: failure) }
    guard count < fileLimit else { throw .format(path: path, reason: "it is too long") }
    return try parse(text.slice(0, count), path)
  }

  /// Writes the key file with mode 0600: complete and on disk, or not at all.
  ///
  /// - Parameter replace: whether a file that is there may be replaced; otherwise `exists` is thrown.
  public func save(_ path: String, replace: Bool = false) throws(IdentityFileError) {
    let temporary = "\(path).new-\(String(RandomBytes.system.uint64(), radix: 36))"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .system(path: path, call: "open", code: errno) }
    defer { unlink(temporary) }
    let text = line()
    let written = text.withBytes { Self.writeAll(file, $0) }
    var code = written && fchmod(file, 0o600) == 0 && fsync(file) == 0 ? 0 : errno
    if close(file) != 0 && code == 0 { code = errno }
    guard code == 0 else { throw .system(path: path, call: "write", code: code) }
    // A link fails where a file is, without the gap that a check beforehand would leave.
    let moved = replace ? rename(temporary, path) : link(temporary, path)
    guard moved == 0 else {
      if !replace && errno == EEXIST { throw .exists(path: path) }
      throw .system(path: path, call: replace ? "rename" : "link", code: errno)
    }
    try Self.syncFolder(of: path)
  }

  private static func checkAccess(_ file: Int32, _ path: String) throws(IdentityFileError) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .system(path: path, call: "fstat", code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    guard status.st_uid == geteuid() else {
      throw .owner(path: path, owner: status.st_uid, expected: geteuid())
    }
    guard status.st_mode & 0o077 == 0 else { throw .permissions(path: path, mode: status.st_mode & 0o7777) }
  }

  /// Parsed byte by byte: a String would leave a copy of the secret behind.
  private static func parse(_ text: SecretBytes, _ path: String) throws(IdentityFileError) -> Identity {
    let seedEnd = start.count + 2 * seedLength
    let hasForm = text.withBytes { $0.count > seedEnd && $0.starts(with: start) && $0[seedEnd] == UInt8(ascii: " ") }
    guard hasForm else { throw .format(path: path, reason: "it does not start as a key file of version 1 does") }
    var digitsAreGood = true
    let seed = SecretBytes(count: seedLength, guarded: true) { output in
      text.withBytes { text in
        for index in 0..<seedLength {
          let (high, low) = (text[start.count + 2 * index], text[start.count + 2 * index + 1])
          guard let high = Hex.value(of: high), let low = Hex.value(of: low) else {
            digitsAreGood = false
            return
          }
          output[index] = high << 4 | low
        }
      }
    }
    guard digitsAreGood, let identity = Identity(seed: seed) else {
      throw .format(path: path, reason: "its key is not 64 hexadecimal digits")
    }
    let name = text.withBytes { text in
      String(decoding: text[(seedEnd + 1)...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
    guard name == identity.id.name else {
      throw .format(path: path, reason: "its key and its name do not belong together; restore it from a copy")
    }
    return identity
  }

  private func line() -> SecretBytes {
    let tail = Array(" \(id.name)\n".utf8)
    let digits = Array("0123456789abcdef".utf8)
    return SecretBytes(count: Self.start.count + 2 * Self.seedLength + tail.count) { output in
      var writer = ByteWriter(output)
      seed.withBytes { seed in
        try? writer.bytes(Self.start)
        for byte in seed {
          try? writer.u8(digits[Int(byte >> 4)])
          try? writer.u8(digits[Int(byte & 15)])
        }
        try? writer.bytes(tail)
      }
    }
  }

  private static func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      let step = write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if step < 0 && errno == EINTR { continue }
      if step <= 0 { return false }
      done += step
    }
    return true
  }

  private static func syncFolder(of path: String) throws(IdentityFileError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: folder, call: "open", code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(path: folder, call: "fsync", code: errno) }
  }
}
