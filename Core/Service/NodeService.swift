// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshEventLoop
import MeshNode

/// The methods of the control protocol that need a node and nothing else: the same in a daemon and behind a handle.
///
/// It belongs to the loop's thread and must live as long as the server that it registers with.
public final class NodeService {
  /// The node that is asked.
  public let node: Node
  /// Of the program, for `status`.
  public let version: String
  /// The configuration's file, nil when it came as text.
  public let configurationPath: String?

  var loop: EventLoop { node.loop }

  /// Methods for `node`.
  public init(node: Node, version: String, configurationPath: String?) {
    self.node = node
    self.version = version
    self.configurationPath = configurationPath
  }

  /// Adds them to a server.
  public func register(on server: ControlServer) {
    registerStatus(on: server)
    registerPeers(on: server)
    registerPeerNumbers(on: server)
    registerPing(on: server)
    registerWhy(on: server)
    registerTransports(on: server)
    registerPlugins(on: server)
    registerCommands(on: server)
    registerLinks(on: server)
    registerSigning(on: server)
  }

  /// The peer of a request, or the error that names it.
  public func known(_ word: String) throws(ControlError) -> Peer {
    guard let peer = node.peer(word) else {
      throw ControlError(
        .notFound, "there is no peer '\(word)'", hint: "'meshctl peers' lists them; 'meshctl peers add' adds one.")
    }
    return peer
  }
}
