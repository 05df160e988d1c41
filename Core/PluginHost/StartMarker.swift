// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A file that says "this plugin is being started" and how often in a row that was the last thing heard of the node.
///
/// It is written to disk before the plugin's code runs and taken back when the start has proved stable or has ended
/// in an orderly way. Whoever finds it at `limit` does not start the plugin.
///
/// Once the plugin has started and only has to prove stable, the end of the node counts when the node has crashed: a
/// process that was killed from outside, or a machine that lost its power, says nothing about the plugin.
struct StartMarker {
  /// Starts in a row that took the node down before the plugin is disabled.
  static let limit = 3

  let directory: String
  let id: String

  var path: String { "\(directory)/\(id).starting" }

  /// Starts that were not taken back.
  var count: Int { read().count }

  /// Whether the last start of them had come to its end.
  var hasStarted: Bool { read().hasStarted }

  private func read() -> (count: Int, hasStarted: Bool) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return (0, false) }
    defer { close(descriptor) }
    var text: [UInt8] = Array(repeating: 0, count: 16)
    let length = Glibc.read(descriptor, &text, text.count)
    let words = text.prefix(max(0, length)).split { $0 == 0x20 || $0 == 0x0a }
    let digits = words.first?.prefix { (0x30...0x39).contains($0) } ?? []
    let count = min(Int(String(decoding: digits, as: UTF8.self)) ?? StartMarker.limit, StartMarker.limit)
    return (count, words.count > 1 && words[1].elementsEqual(StartMarker.started.utf8))
  }

  private static let started = "started"

  /// Counts one more start, on disk when this returns. Throws when the limit is reached or the file cannot be written.
  /// `hasCrashed` says whether the process before this one ended by its own fault.
  func arm(afterCrash hasCrashed: Bool) throws(PluginError) {
    let last = read()
    let before = last.hasStarted && !hasCrashed ? max(last.count - 1, 0) : last.count
    guard before < StartMarker.limit else { throw PluginError(.disabled, disabledText) }
    try store("\(before + 1)")
  }

  /// The start has come to its end; from now on only a crash counts.
  func noteStarted() {
    let count = self.count
    if count > 0 { try? store("\(count) \(StartMarker.started)") }
  }

  /// Takes back the last `arm`, keeping what was counted before.
  func disarm() {
    let before = count
    if before <= 1 { clear() } else { try? store("\(before - 1)") }
  }

  /// Forgets all starts.
  func clear() {
    if unlink(path) == 0 { syncDirectory() }
  }

  var disabledText: String {
    "“\(id)” has taken the node down \(StartMarker.limit) times in a row and is disabled; "
      + "to enable it again, remove \(path)"
  }

  private func store(_ value: String) throws(PluginError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw PluginError(.resource, "\(path): \(systemText(errno))") }
    defer { close(descriptor) }
    let text = Array("\(value)\n".utf8)
    guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
      throw PluginError(.resource, "\(path): \(systemText(errno))")
    }
    syncDirectory()
  }

  private func syncDirectory() {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
