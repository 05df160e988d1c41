// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The journal of `EnvelopeWindow`: records are appended and synced; a start writes it anew without what has expired.
final class WindowFile: @unchecked Sendable {
  private let path: String
  private var descriptor: Int32 = -1
  /// After an error nothing says what is in the file: the next write makes it anew.
  private(set) var hasFailed = false

  /// Bytes of the file.
  private(set) var size = 0

  /// Bytes of records that are of no use any more, and may stay.
  private static let slack = 1 << 20
  /// The largest journal that is read: far above the bound that `isBloated` keeps.
  private static let sizeLimit = 256 << 20

  init(path: String) { self.path = path }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether most of the file is of no use any more.
  /// - Parameter live: bytes of the records that are.
  func isBloated(live: Int) -> Bool { size > live * 2 + Self.slack }

  /// What was written before; empty when there is nothing.
  func read() -> [UInt8] {
    let source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard source >= 0 else { return [] }
    defer { close(source) }
    var status = stat()
    guard fstat(source, &status) == 0, status.st_size > 0, status.st_size <= Self.sizeLimit else { return [] }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(source, $0.baseAddress.map { $0 + filled }, $0.count - filled)
      }
      guard count > 0 else { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  /// Replaces the whole file; returns the errno, or 0 once it is on disk.
  func replace(with bytes: [UInt8]) -> Int32 {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    let code = -bytes.withUnsafeBytes { clinux_replace_file(path, $0.baseAddress, $0.count, 0o600) }
    hasFailed = code != 0
    size = bytes.count
    return code
  }

  /// Appends and syncs; returns the errno or 0. On one thread at a time.
  func append(_ bytes: [UInt8]) -> Int32 {
    guard !hasFailed else { return EIO }
    guard !bytes.isEmpty else { return 0 }
    if descriptor < 0 {
      descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { return errno }
    }
    size += bytes.count
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return fail(errno) }
      done += count
    }
    return fdatasync(descriptor) == 0 ? 0 : fail(errno)
  }

  private func fail(_ code: Int32) -> Int32 {
    hasFailed = true
    return code == 0 ? EIO : code
  }
}
