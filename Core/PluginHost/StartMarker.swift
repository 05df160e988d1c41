// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A file that says "the node is inside this plugin's load, create or start" and how often in a row that was the last
/// thing heard of the node.
///
/// It is written before such a call and taken back right after it, so a node that is killed at any other time counts
/// nothing against the plugin. It outlives the process; that it might not outlive a power failure does no harm.
/// Whoever finds it at `limit` does not run the plugin.
struct StartMarker {
  /// Deaths in a row inside these calls before the plugin is disabled.
  static let limit = 3

  let directory: String
  let id: String

  var path: String { "\(directory)/\(id).starting" }

  /// Calls that did not come back. An empty file counts nothing: the node died before the plugin was called.
  var count: Int {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text: [UInt8] = Array(repeating: 0, count: 8)
    let length = read(descriptor, &text, text.count)
    guard length != 0 else { return 0 }
    let digits = text.prefix(max(0, length)).prefix { (0x30...0x39).contains($0) }
    return min(Int(String(decoding: digits, as: UTF8.self)) ?? StartMarker.limit, StartMarker.limit)
  }

  /// Counts one more call. Throws when the limit is reached or the file cannot be written.
  func arm() throws(PluginError) {
    let before = count
    guard before < StartMarker.limit else { throw PluginError(.disabled, disabledText) }
    try store(before + 1)
  }

  /// Takes back the last `arm`, keeping what was counted before.
  func disarm() {
    let before = count
    if before <= 1 { clear() } else { try? store(before - 1) }
  }

  /// Forgets all calls.
  func clear() { unlink(path) }

  var disabledText: String {
    "“\(id)” has taken the node down \(StartMarker.limit) times in a row and is disabled; "
      + "to enable it again, remove \(path) or run 'meshctl plugins enable \(id)'"
  }

  private func store(_ value: Int) throws(PluginError) {
    // Not truncated first: whoever is killed between two system calls leaves a number that is true.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw PluginError(.resource, "\(path): \(systemText(errno))") }
    defer { close(descriptor) }
    let text = Array("\(value)\n".utf8)
    guard write(descriptor, text, text.count) == text.count else {
      throw PluginError(.resource, "\(path): \(systemText(errno))")
    }
  }
}
