// SPDX-License-Identifier: Apache-2.0
import CGnuTLS
import Glibc
import MeshControl

/// A file that is about to be sent.
final class SourceFile {
  /// Bytes.
  let size: UInt64
  private let path: String
  private let descriptor: Int32

  /// Opens a regular file for reading.
  /// - Parameter hint: what to do about something that is none.
  init(_ path: String, hint: String = "Pack a folder first, for example with tar.") throws(ControlError) {
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw SourceFile.failure("'\(path)' cannot be opened", errno) }
    var info = stat()
    guard fstat(opened, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size >= 0 else {
      close(opened)
      throw ControlError(.invalid, "'\(path)' is not a regular file", hint: hint)
    }
    self.path = path
    size = UInt64(info.st_size)
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// Its last path component.
  var name: String { String(path.split(separator: "/").last ?? "") }

  /// Reads exactly `count` bytes at `offset`; a file that has become shorter is an error.
  func read(at offset: UInt64, _ count: Int) throws(ControlError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let result = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset) + off_t(done))
      }
      if result < 0, errno == EINTR { continue }
      guard result >= 0 else { throw SourceFile.failure("'\(path)' cannot be read", errno) }
      guard result > 0 else { throw ControlError(.io, "'\(path)' has become shorter while it was being sent") }
      done += result
    }
    return bytes
  }

  /// SHA-256 of the whole content; `progress` gets the bytes done.
  func digest(_ progress: (UInt64) -> Void) throws(ControlError) -> [UInt8] {
    var handle: gnutls_hash_hd_t?
    guard gnutls_hash_init(&handle, GNUTLS_DIG_SHA256) == 0, let handle else {
      throw ControlError(.internal, "SHA-256 is not available")
    }
    var result = [UInt8](repeating: 0, count: 32)
    defer { gnutls_hash_deinit(handle, nil) }
    var offset: UInt64 = 0
    while offset < size {
      let bytes = try read(at: offset, Int(min(size - offset, 1 << 20)))
      _ = gnutls_hash(handle, bytes, bytes.count)
      offset += UInt64(bytes.count)
      progress(offset)
    }
    gnutls_hash_output(handle, &result)
    return result
  }

  private static func failure(_ sentence: String, _ code: Int32) -> ControlError {
    ControlError(.io, "\(sentence): \(String(cString: strerror(code)))")
  }
}
