// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import MeshWire

/// The endpoints of a node of this mesh: `dtn://mesh1…/` is the node, `dtn://mesh1…/envelope` takes sealed envelopes.
public enum NodeEndpoint {
  private static let envelope = "envelope"

  /// Whether these bytes are as long as a public key.
  static func isKey(_ bytes: [UInt8]) -> Bool { bytes.count == 32 }

  /// The node with a public key; nil unless `key` are 32 bytes.
  public static func node(_ key: [UInt8]) -> EndpointID? {
    NodeID(bytes: key).map { .dtn("//\($0.name)/") }
  }

  /// Where the node takes envelopes.
  public static func envelopes(_ key: [UInt8]) -> EndpointID? {
    NodeID(bytes: key).map { .dtn("//\($0.name)/\(envelope)") }
  }

  /// The public key in an endpoint of a node of this mesh.
  public static func key(_ endpoint: EndpointID) -> [UInt8]? {
    guard case .dtn(let part) = endpoint, part.hasPrefix("//") else { return nil }
    let name = part.dropFirst(2).prefix { $0 != "/" }
    return NodeID(name: String(name))?.bytes
  }
}
