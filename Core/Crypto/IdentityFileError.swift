// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why a key file was not read or written. `description` is one sentence that says what to do.
public enum IdentityFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A call failed: the path, what was tried, and errno.
  case system(path: String, call: String, code: Int32)
  /// The path is a symbolic link, a folder or another thing that is no plain file.
  case notAFile(path: String)
  /// Others may read or write it; the permission bits.
  case permissions(path: String, mode: UInt32)
  /// It belongs to another user.
  case owner(path: String, owner: UInt32, expected: UInt32)
  /// It holds something else, or was damaged.
  case format(path: String, reason: String)
  /// There is a file already and `save` was not told to replace it.
  case exists(path: String)

  /// One sentence for people, with the command that mends it where there is one.
  public var description: String {
    switch self {
    case .system(let path, let call, let code) where code == EACCES || code == EPERM:
      "\(path): user \(geteuid()) may not \(call) it; give the file and its folder to that user (chown \(geteuid()) "
        + "\(Self.quoted(path))), or run as their owner"
    case .system(let path, let call, let code):
      "\(path): \(call) failed: \(String(cString: strerror(code)))"
    case .notAFile(let path):
      "\(path) is not a plain file; give the path of the key file itself, not of a link or folder"
    case .permissions(let path, let mode):
      "\(path) may be used by others (mode 0\(String(mode, radix: 8))); run: chmod 600 \(Self.quoted(path))"
    case .owner(let path, let owner, let expected):
      "\(path) belongs to user \(owner), not to user \(expected) who runs this; "
        + "run as root: chown \(expected) \(Self.quoted(path))"
    case .format(let path, let reason):
      "\(path) is not a usable key file: \(reason); put a copy of the right one there, or move it away and a new "
        + "identity is made"
    case .exists(let path):
      "\(path) exists already; it was left as it is"
    }
  }

  /// The path as a shell takes it.
  private static func quoted(_ path: String) -> String {
    let plain = path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return plain && !path.hasPrefix("-")
      ? path
      : "'"
        + path.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
