// SPDX-License-Identifier: Apache-2.0
import MeshNode

/// Passes on what happens on the node.
final class PortWatcher: NodeListener {
  private unowned let port: ApplicationPort

  init(_ port: ApplicationPort) { self.port = port }

  override func peer(_ peer: Peer, isConnected: Bool) { port.peerChanged(peer, isConnected: isConnected) }
  override func peer(_ peer: Peer, isUnreachable text: String) { port.peerUnreachable(peer, text) }
  override func peerRestarted(_ peer: Peer) { port.peerRestarted(peer) }
  override func transportChanged(_ transport: NodeTransport) { port.transportChanged(transport) }

  override func link(of peer: Peer?, transport: String, event: LinkEvent, text: String) {
    if let peer { port.linkChanged(peer, transport, event, text) }
  }
}
