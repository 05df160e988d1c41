// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol

/// What the configuration says of connections to other nodes.
package struct NetworkSettings: Sendable {
  /// What nodes may do that the configuration does not name.
  package enum Strangers: String, Sendable {
    /// They are turned away.
    case refuse
    /// Their bundles are taken; they get none.
    case receive
    /// They are neighbours as those that are named.
    case exchange
  }

  /// A node that the configuration names.
  package struct Known: Equatable, Sendable {
    /// The node.
    package var node: EndpointID
    /// Where it is dialled; without, it dials this node.
    package var address: NetworkAddress?

    /// Reads `ENDPOINT` or `ENDPOINT ADDRESS`, such as `dtn://b/ tcpcl://192.0.2.1:4556`; nil when it is neither.
    package init?(_ text: String) {
      let words = text.split(separator: " ")
      guard (1...2).contains(words.count), let endpoint = try? EndpointID(String(words[0])), let node = endpoint.node
      else { return nil }
      self.node = node
      guard words.count == 2 else { return }
      guard let address = NetworkAddress(String(words[1])), address.port != 0 else { return nil }
      self.address = address
    }
  }

  /// This node as it names itself to others; nil for its name in the mesh.
  package var node: EndpointID?
  package var known: [Known] = []
  package var strangers = Strangers.receive
  /// Connections at a time.
  package var maximumConnections = 64
  /// Seconds between signs of life; 0 for none.
  package var keepAlive: UInt16 = 30
  /// Largest bundle, bytes.
  package var largestBundle = 17 << 20

  package var tls = TCPCLSettings.TLSPolicy.optional
  /// PEM files: this node's certificate chain and its key, and whose certificates prove others.
  package var certificate: String?
  package var key: String?
  package var authorities: String?

  /// Bytes that peers may have sent of bundles that are not in the store, of all connections.
  package var heldLimit: Int { max(64 << 20, largestBundle * 4) }

  /// The defaults: no neighbours.
  package init() {}

  func isKnown(_ node: EndpointID) -> Bool { known.contains { $0.node.isSameNode(as: node) } }
}

extension EndpointID {
  /// Whether both name the same node, however it is written.
  func isSameNode(as other: EndpointID) -> Bool {
    switch (node, other.node) {
    case (.ipn(let allocator, let number, _, _)?, .ipn(let otherAllocator, let otherNumber, _, _)?):
      allocator == otherAllocator && number == otherNumber
    case (let one?, let two?): one == two
    default: false
    }
  }
}
