// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshObserve

/// A node's claim on its state folder: two nodes with one key and one count of lives would take each other's sessions.
///
/// It is the kernel's lock (flock) of the file `lock` in the folder, which only its owner may open and which stays there
/// for ever: were it removed, two nodes could each lock a file of that name. The lock ends with the process. Folders
/// could be locked by whoever may read them, and on NFS not at all.
final class StateLock {
  private let descriptor: Int32

  /// Claims the folder. Throws when another node has it, in this process or another one, and when the file cannot be
  /// made, for a node that cannot write there cannot count its lives either. Where the file system has no locks the
  /// node runs without, and the log says so.
  init(_ folder: String, log: Log) throws(NodeStartError) {
    let path = "\(folder)/lock"
    var refusal: Int32 = 0
    let result = clinux_lock_take(path, &refusal)
    guard result != -EWOULDBLOCK else {
      throw NodeStartError(
        "another node runs with the state folder '\(folder)'; stop it first, or set 'node.state' to another folder")
    }
    guard result >= 0 else {
      throw NodeStartError(
        "the file '\(path)' cannot be opened: \(String(cString: strerror(-result))); the folder has to be user "
          + "\(geteuid())'s own and writable, or set 'node.state' to such a one")
    }
    if refusal != 0 {
      log.warning("state_not_locked", [.text("file", path), .text("reason", String(cString: strerror(refusal)))])
    }
    descriptor = result
  }

  deinit { clinux_lock_give_back(descriptor) }
}
