// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

extension NodeService {
  func registerPeerNumbers(on server: ControlServer) {
    server.answer(PeerInfoMethod.self) { [unowned self] params throws(ControlError) in
      self.numbered(try self.known(params.peer))
    }
    server.answer(PeerNumbersMethod.self) { [unowned self] _ in
      NumberedPeers(peers: self.node.core.peers.values.sorted { $0.id < $1.id }.map { self.numbered($0) })
    }
  }

  private func numbered(_ peer: Peer) -> NumberedPeer {
    let link = peer.session?.link(for: .normal)
    return NumberedPeer(
      number: peer.handle.rawValue, id: peer.id.bytes, alias: peer.name.isEmpty ? nil : peer.name,
      transport: link.flatMap { node.transport(ofLink: $0.id)?.name },
      roundTrip: link.flatMap { $0.roundTrip > 0 ? $0.roundTrip : nil }, links: UInt64(peer.links.count),
      bytesSent: peer.multiplexer?.counters.bytesSent ?? 0,
      bytesReceived: peer.multiplexer?.counters.bytesReceived ?? 0)
  }
}
