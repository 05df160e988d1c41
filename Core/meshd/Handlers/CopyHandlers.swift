// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshConfig
import MeshControl
import MeshCopyService
import MeshEventLoop
import MeshFileTransfer
import MeshNode
import MeshObserve
import MeshSession
import MeshTransportManager
import MeshWire

extension Daemon {
  /// The methods `copy.*`: files that clients send.
  func registerCopy(on server: ControlServer) {
    let sender = FileSender(node: node.core, loop: loop, offload: node.offloadPool)
    let copies = CopyService(
      sender: sender, resolve: { [unowned self] word throws(ControlError) in try self.known(word).id },
      path: { [unowned self] id, trafficClass in
        guard let peer = self.node.core.peers[id], let link = peer.session?.link(for: trafficClass),
          let why = self.node.core.transports.why(peer.handle, now: self.loop.now)
        else { return nil }
        return self.node.transport(ofLink: link.id).map { ($0.name, why.reason) }
      })
    server.register(CopySendMethod.self) { copies.handle($0, $1) }
    copyService = copies
  }

  /// Takes files when the configuration names a folder for them.
  func receiveFiles() {
    let settings = node.configuration.protocols.first { $0.name == FileTransferProtocol.name }
    guard let settings, settings.isEnabled, let folder = settings.folder else { return }
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      return log.error("files_not_taken", [.text("folder", folder), .text("reason", String(cString: strerror(errno)))])
    }
    var options = FileReceiverOptions()
    if settings.maxSize > 0 { options.maximumSize = UInt64(settings.maxSize) }
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
    } catch { log.error("files_not_taken", [.text("folder", folder), .text("reason", "\(error)")]) }
  }
}
