// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshNode

/// Hears of peers that lose their last link, for messages of limited lifetime that a carrier may have to take.
final class LinkLossWatcher: NodeListener {
  private unowned let port: ApplicationPort

  init(_ port: ApplicationPort) { self.port = port }

  override func peer(_ peer: Peer, isConnected: Bool) {
    guard !isConnected else { return }
    for flow in port.flows where flow.peer == peer.id { flow.lostLinks(now: port.node.loop.now) }
  }
}
