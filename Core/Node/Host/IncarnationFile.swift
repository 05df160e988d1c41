// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshObserve

/// The number of the node's last life, in the state folder: decimal digits in a file named `incarnation`.
///
/// A life's number is larger than the one before, and no smaller than the milliseconds since 1970: so it grows where the
/// clock goes back, and where the file is lost. Where both happen at once, peers say what they know
/// (docs/decisions/0008-ordered-conversations.md).
enum IncarnationFile {
  /// Numbers are below this; a clock beyond it is not believed.
  static let limit: UInt64 = 1 << 43

  /// The number of the life that begins now, on the disk before it is used. `time` is milliseconds since 1970.
  static func next(in folder: String, time: UInt64, log: Log) throws(NodeStartError) -> UInt64 {
    let path = "\(folder)/incarnation"
    let last = try read(path, log: log)
    guard last < limit - 1 else { throw NodeStartError("the number in '\(path)' cannot grow. Remove the file") }
    let number = max(last + 1, time < limit - 1 ? time : 1)
    let bytes = Array("\(number)\n".utf8)
    let code = bytes.withUnsafeBytes { clinux_replace_file(path, $0.baseAddress, $0.count, 0o600) }
    guard code == 0 else {
      throw NodeStartError("the file '\(path)' cannot be written: \(String(cString: strerror(-code)))")
    }
    return number
  }

  /// Milliseconds since 1970, 0 for a clock before that.
  static func time() -> UInt64 { UInt64(max(clinux_wall_clock_ms(), 0)) }

  /// 0 when there is no file, or none that can be understood: then the clock decides.
  private static func read(_ path: String, log: Log) throws(NodeStartError) -> UInt64 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return 0 }
      throw NodeStartError("the file '\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    guard count >= 0 else {
      throw NodeStartError("the file '\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    if let number = UInt64(text.hasSuffix("\n") ? text.dropLast() : text[...]) { return number }
    log.warning("incarnation_not_read", [.text("file", path)])
    return 0
  }
}
