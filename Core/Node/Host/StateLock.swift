// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A node's claim on its state folder: two nodes with one key and one count of lives would take each other's sessions.
///
/// It is the kernel's lock of the folder itself (flock), so it leaves no file behind and ends with the process.
final class StateLock {
  private let descriptor: Int32

  /// Claims the folder. Throws when another node has it, in this process or another one; where the file system has no
  /// locks there is nothing to hold.
  init(_ folder: String) throws(NodeStartError) {
    let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else {
      throw NodeStartError("the folder '\(folder)' cannot be opened: \(String(cString: strerror(errno)))")
    }
    if flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(opened)
      throw NodeStartError(
        "another node runs with the state folder '\(folder)'; stop it first, or set 'node.state' to another folder")
    }
    descriptor = opened
  }

  /// Gives the folder back, also when a child of this process still has a copy of the descriptor.
  deinit {
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
