// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshCopyService
import MeshEventLoop
import MeshFileTransfer
import MeshNode
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
}
