// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshNode
import MeshSession
import MeshWire

extension NodeService {
  func registerLinks(on server: ControlServer) {
    server.answer(LinksAbortMethod.self) { [unowned self] params throws(ControlError) in
      if let name = params.transport, self.node.transport(named: name) == nil {
        throw ControlError(.notFound, "there is no transport '\(name)'", hint: "'meshctl transport' lists them.")
      }
      let peer = try self.choosePeer(params.peer, over: params.transport)
      var link = peer.session?.link(for: .bulk) ?? peer.session?.link(for: .normal)
      if let name = params.transport {
        link = peer.links.first { self.node.transport(ofLink: $0.id)?.name == name }
      }
      guard let link, let transport = self.node.transport(ofLink: link.id) else {
        throw ControlError(.notFound, "no link to '\(peer.label)' is up over '\(params.transport ?? "any transport")'")
      }
      self.node.abort(link.id)
      return AbortedLink(peer: peer.name.isEmpty ? peer.id.name : peer.name, transport: transport.name, link: link.id)
    }
  }

  /// The peer by name, or the one whose links have carried most.
  private func choosePeer(_ word: String?, over transport: String?) throws(ControlError) -> Peer {
    if let word { return try known(word) }
    func bytes(_ peer: Peer) -> UInt64 {
      peer.links.reduce(0) { $0 + $1.counters.bytesSent + $1.counters.bytesReceived }
    }
    let connected = node.core.peers.values.filter { peer in
      peer.links.contains { transport == nil || node.transport(ofLink: $0.id)?.name == transport }
    }
    guard let peer = connected.max(by: { bytes($0) < bytes($1) }) else {
      throw ControlError(.notFound, transport.map { "no link is up over '\($0)'" } ?? "no link is up")
    }
    return peer
  }
}
