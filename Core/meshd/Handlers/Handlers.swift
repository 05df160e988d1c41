// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshNode

extension Daemon {
  /// Every method of the control protocol.
  func registerHandlers(on server: ControlServer) {
    registerStatus(on: server)
    registerPeers(on: server)
    registerPing(on: server)
    registerWhy(on: server)
    registerMessages(on: server)
    registerTransports(on: server)
    registerPlugins(on: server)
    registerConfiguration(on: server)
    registerLinks(on: server)
    registerService(on: server)
    registerCopy(on: server, node: node)
  }

  /// The peer of a request, or the error that names it.
  func known(_ word: String) throws(ControlError) -> Peer {
    guard let peer = node.peer(word) else {
      throw ControlError(
        .notFound, "there is no peer '\(word)'", hint: "'meshctl peers' lists them; 'meshctl peers add' adds one.")
    }
    return peer
  }
}
