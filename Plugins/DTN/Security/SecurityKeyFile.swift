// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Glibc
import MeshCrypto
import MeshWire

/// A key for BPSec in a file: 32 to 128 hexadecimal digits on one line, as `openssl rand -hex 32` writes them.
public enum SecurityKeyFile {
  /// Bytes of a key.
  public static let sizes = 16...64

  /// Reads the key in a plain file that belongs to this user and that nobody else can read or write. Links are not
  /// followed.
  /// - Throws: a sentence with the path, and with the command that mends it where there is one.
  public static func load(_ path: String) throws(SecurityKeyProblem) -> SecretBytes {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else {
      throw SecurityKeyProblem(
        errno == ELOOP ? IdentityFileError.notAFile(path: path) : .system(path: path, call: "open", code: errno))
    }
    defer { close(file) }
    try checkAccess(file, path)
    var count = 0
    var failure: Int32 = 0
    // One byte more than the longest key and its end, so that a longer file shows.
    let text = SecretBytes(count: sizes.upperBound * 2 + 2) { buffer in
      while count < buffer.count {
        let step = read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        if step < 0 && errno == EINTR { continue }
        if step < 0 { failure = errno }
        if step <= 0 { break }
        count += step
      }
    }
    guard failure == 0 else {
      throw SecurityKeyProblem(IdentityFileError.system(path: path, call: "read", code: failure))
    }
    guard let key = parse(text, count) else {
      throw SecurityKeyProblem(
        text: "\(path) is not a key: 32 to 128 hexadecimal digits on one line, as openssl rand -hex 32 writes them")
    }
    return key
  }

  private static func checkAccess(_ file: Int32, _ path: String) throws(SecurityKeyProblem) {
    var status = stat()
    let problem: IdentityFileError? =
      if fstat(file, &status) != 0 {
        .system(path: path, call: "fstat", code: errno)
      } else if status.st_mode & S_IFMT != S_IFREG {
        .notAFile(path: path)
      } else if status.st_uid != geteuid() {
        .owner(path: path, owner: status.st_uid, expected: geteuid())
      } else if status.st_mode & 0o077 != 0 {
        .permissions(path: path, mode: status.st_mode & 0o7777)
      } else {
        nil
      }
    if let problem { throw SecurityKeyProblem(problem) }
  }

  /// Byte by byte: a String would leave a copy of the secret behind.
  private static func parse(_ text: SecretBytes, _ count: Int) -> SecretBytes? {
    let digits = text.withBytes { $0[..<count].last == UInt8(ascii: "\n") ? count - 1 : count }
    guard digits % 2 == 0, sizes.contains(digits / 2) else { return nil }
    var isGood = true
    let key = SecretBytes(count: digits / 2, guarded: true) { output in
      text.withBytes { text in
        for index in 0..<(digits / 2) {
          guard let high = Hex.value(of: text[2 * index]), let low = Hex.value(of: text[2 * index + 1]) else {
            isGood = false
            return
          }
          output[index] = high << 4 | low
        }
      }
    }
    return isGood ? key : nil
  }
}

/// Why a key cannot be used, one sentence.
public struct SecurityKeyProblem: Error, Equatable, Sendable {
  /// What is wrong.
  public let text: String

  init(text: String) { self.text = text }

  init(_ error: IdentityFileError) { text = error.description }
}
