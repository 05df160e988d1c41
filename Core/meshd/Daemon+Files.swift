// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshFileTransfer
import MeshNode
import MeshObserve
import MeshWire

extension Daemon {
  /// Takes files as the configuration says now: at the start, and again after each reload. Another folder cuts off what
  /// is under way, and senders begin anew there; a folder that cannot be used leaves the former one.
  func receiveFiles() {
    let settings = node.configuration.protocols.first { $0.name == FileTransferProtocol.name }
    guard let settings, settings.isEnabled, let folder = settings.folder else {
      fileReceiver?.stop()
      fileReceiver = nil
      return
    }
    let defaults = FileReceiverOptions()
    let maximum = settings.maxSize > 0 ? UInt64(settings.maxSize) : defaults.maximumSize
    if let fileReceiver, fileFolder == folder {
      fileReceiver.options.maximumSize = maximum
      return
    }
    if mkdir(folder, 0o700) != 0, errno != EEXIST { return filesNotTaken(folder, String(cString: strerror(errno))) }
    guard access(folder, R_OK | X_OK) == 0 else {
      return filesNotTaken(folder, String(cString: strerror(errno)))
    }
    fileReceiver?.stop()
    fileReceiver = nil
    var options = defaults
    options.maximumSize = maximum
    do throws(FileTransferError) {
      let receiver = try FileReceiver(
        folder: folder, node: node.core, loop: loop, offload: node.offloadPool, options: options,
        allow: { [unowned self] (id: NodeID) in
          self.node.core.peers[id].map { self.node.permits($0, FileTransferProtocol.name) } ?? false
        })
      receiver.onReceived = { [unowned self] id, name, size in
        self.log.info("file_received", [.peer(id.short), .text("name", name), .number("bytes", Int(size))])
      }
      fileReceiver = receiver
      fileFolder = folder
    } catch { filesNotTaken(folder, "\(error)") }
  }

  private func filesNotTaken(_ folder: String, _ reason: String) {
    log.error(
      "files_not_taken",
      [.text("folder", folder), .text("reason", reason), .flag("former_folder_stays", fileReceiver != nil)])
  }
}
