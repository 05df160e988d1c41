// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshObserve
import MeshTransportManager
import MeshWire

extension Node {
  /// Brings the core's peers in line with the file and with those that were added by hand, and wants those that have
  /// an address.
  func applyPeers() {
    var known: Set<NodeID> = []
    for settings in configuration.peers {
      guard let id = NodeID(name: settings.id) else { continue }
      known.insert(id)
      makeKnown(id, name: settings.name ?? store.added[id]?.alias ?? "")
    }
    for (id, peer) in store.added where !known.contains(id) {
      known.insert(id)
      makeKnown(id, name: peer.alias)
    }
    for peer in Array(core.peers.values) where peer.isKnown && !known.contains(peer.id) {
      core.removePeer(peer.id, now: loop.now)
    }
    wantTurn()
  }

  private func makeKnown(_ id: NodeID, name: String) {
    guard id != identity.id else { return log.warning("peer_is_this_node") }
    let addresses = self.addresses(of: id)
    if let peer = core.peers[id], peer.isKnown, peer.name == name, peer.addresses == addresses { return }
    do throws(NodeError) {
      try core.setPeer(id, name: name, addresses: addresses, now: loop.now)
      if !addresses.isEmpty { core.want(id, now: loop.now) }
    } catch {
      log.error(
        "peer_not_added", [.peer(id.name), .text("reason", "there are as many peers as 'node.max_peers' allows")])
    }
  }

  /// From the file, from invitations, and from the peer's own record.
  func addresses(of id: NodeID) -> [PeerAddress] {
    var addresses: [PeerAddress] = []
    func add(_ uri: String, _ source: PeerAddress.Source) {
      if !addresses.contains(where: { $0.uri == uri }) { addresses.append(PeerAddress(uri: uri, source: source)) }
    }
    for settings in configuration.peers where NodeID(name: settings.id) == id {
      for uri in settings.addresses { add(uri, .configuration) }
    }
    for uri in store.added[id]?.invitation.addresses ?? [] { add(uri, .configuration) }
    for uri in store.records[id]?.addresses ?? [] { add(uri, .record) }
    return addresses
  }

  /// The peer that a person means by `mesh1…` or by the name it has here.
  public func peer(_ word: String) -> Peer? {
    if let id = NodeID(name: word) { return core.peers[id] }
    return core.peers.values.first { !$0.name.isEmpty && $0.name == word }
  }

  /// Makes a peer known and lets it in, for good. One that is known already is dialled again at once.
  public func addPeer(_ invitation: Invitation, alias: String) throws(NodeStartError) -> Peer {
    guard invitation.id != identity.id else { throw NodeStartError("this invitation is this node's own") }
    if !alias.isEmpty, let other = peer(alias), other.id != invitation.id {
      throw NodeStartError("'\(alias)' is the name of another peer, \(other.id.name)")
    }
    guard core.peers[invitation.id] != nil || core.peers.count < core.peerLimit else {
      throw NodeStartError("there are as many peers as 'node.max_peers' allows")
    }
    let code = store.add(PeerStore.Added(alias: alias, invitation: invitation))
    guard code == 0 else {
      let reason = String(cString: strerror(code))
      throw NodeStartError("the peer cannot be saved in \(configuration.node.state): \(reason); it was not added")
    }
    applyPeers()
    guard let peer = core.peers[invitation.id] else { throw NodeStartError("the peer was not taken") }
    core.tryAgain(peer.id, now: loop.now)
    log.info("peer_added", [.peer(peer.label), .text("id", peer.id.name)])
    return peer
  }

  /// Forgets a peer that was added by hand; false when the file has it. Throws when that cannot be written to disk;
  /// the peer then stays.
  public func removePeer(_ peer: Peer) throws(NodeStartError) -> Bool {
    guard !configuration.peers.contains(where: { $0.id == peer.id.name }) else { return false }
    let code = store.remove(peer.id)
    guard code == 0 else {
      let reason = String(cString: strerror(code))
      throw NodeStartError("the list of peers in \(configuration.node.state) cannot be saved: \(reason)")
    }
    core.removePeer(peer.id, now: loop.now)
    log.info("peer_removed", [.peer(peer.label)])
    wantTurn()
    return true
  }

  /// `config`, `added` or `record`: how the peer became known.
  public func source(of peer: Peer) -> String {
    if configuration.peers.contains(where: { $0.id == peer.id.name }) { return "config" }
    return store.added[peer.id] != nil ? "added" : "record"
  }

  /// Whether a peer may use a protocol: by the protocol's own list and by the peer's.
  public func permits(_ peer: Peer, _ name: String) -> Bool {
    if let own = configuration.peers.first(where: { $0.allow != nil && $0.id == peer.idName })?.allow,
      !own.contains(name)
    {
      return false
    }
    guard let settings = configuration.protocols.first(where: { $0.name == name }) else { return true }
    return settings.permits(id: peer.idName, name: peer.name.isEmpty ? nil : peer.name)
  }
}

extension Peer {
  /// What it is called here: the name of the file, or the beginning of its id.
  public var label: String { name.isEmpty ? id.short : name }
}
