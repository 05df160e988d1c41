// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshPluginHost
import MeshSession
import MeshWire

/// `mesh.session/1`: plugins that talk to the same plugin on other nodes.
extension Node {
  /// How long a message of a plugin waits for a link that is gone, nanoseconds.
  private static let pluginMessageLifetime: UInt64 = 30_000_000_000

  /// The name of this node, for plugins that ask.
  public func nodeKey() -> [UInt8]? { identity.id.bytes }

  /// A plugin wants to serve a protocol.
  public func session(_ instance: InstanceID, wantsToServe name: String) -> Int32 {
    guard let transport = transport(of: instance) else { return MESH_E_STATE }
    let server = PluginProtocol(node: self, transport: transport, name: name)
    do throws(NodeError) {
      try core.serve(name, with: server)
    } catch { return MESH_E_BUSY }
    pluginProtocols[name] = server
    return MESH_OK
  }

  /// Tells a plugin the peers that are there already.
  public func sessionServed(_ instance: InstanceID) {
    for peer in core.peers.values.sorted(by: { $0.id < $1.id }) where !peer.links.isEmpty {
      peer.id.withBytes { host.sessionPeer($0, comes: true, to: instance) }
    }
  }

  /// A plugin sends a message to another node.
  public func session(_ instance: InstanceID, sends message: SessionMessage) {
    guard let peer = NodeID(bytes: message.node), core.peers[peer]?.links.isEmpty == false else {
      return host.sessionSent(message, of: instance, status: MESH_E_UNREACHABLE)
    }
    nextToken += 1
    let token = nextToken
    outgoing.wait(for: token, sent: nil) { [unowned self] outcome in
      // A plugin may be on the stack of whoever settles.
      self.later.run { [unowned self] in self.answer(message, of: instance, outcome) }
    }
    do throws(NodeError) {
      try message.body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
        try core.send(
          UnsafeRawBufferPointer(bytes), to: peer, protocol: message.name, trafficClass: .bulk,
          options: MessageOptions(lifetime: Self.pluginMessageLifetime, token: token), handler: outgoing,
          now: loop.now)
      }
    } catch {
      outgoing.forget(token)
      let status = error == .refused(.tooLarge) ? MESH_E_MTU : MESH_E_UNREACHABLE
      host.sessionSent(message, of: instance, status: status)
    }
    wantTurn()
  }

  private func answer(_ message: SessionMessage, of instance: InstanceID, _ outcome: MessageOutcome) {
    let status =
      switch outcome {
      case .delivered: MESH_OK
      case .refused(StreamCode.noSuchProtocol): MESH_E_NOTFOUND
      case .refused(StreamCode.notAllowed): MESH_E_PERMISSION
      default: MESH_E_UNREACHABLE
      }
    host.sessionSent(message, of: instance, status: status)
    wantTurn()
  }

  /// A plugin takes messages of a node again.
  public func session(_ instance: InstanceID, resumes node: [UInt8]) {
    guard let id = NodeID(bytes: node), let transport = transport(of: instance) else { return }
    for server in pluginProtocols.values where server.transport === transport { server.resume(id, now: loop.now) }
    wantTurn()
  }

  /// A peer has come or gone: plugins that serve something hear of it, behind what is under way.
  func tellPlugins(of peer: Peer, isConnected: Bool) {
    guard !pluginProtocols.isEmpty else { return }
    let id = peer.id
    later.run { [unowned self] in
      var told: [InstanceID] = []
      for server in self.pluginProtocols.values {
        guard let instance = server.transport.instance, !told.contains(instance) else { continue }
        told.append(instance)
        id.withBytes { self.host.sessionPeer($0, comes: isConnected, to: instance) }
      }
      self.wantTurn()
    }
  }
}
