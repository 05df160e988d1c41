// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

/// The X25519 keys of nodes met lately: to map a name to its key costs more than a key agreement.
struct NoiseKeys {
  static let limit = 1024
  private var keys: [NodeID: X25519PublicKey] = [:]

  /// The key of a name; nil when the name is no good point of the curve.
  mutating func key(of node: NodeID) -> X25519PublicKey? {
    if let known = keys[node] { return known }
    guard let key = Identity.noisePublicKey(of: node) else { return nil }
    // A stranger who comes under many names costs others their entries, and nothing else.
    if keys.count >= Self.limit { keys.removeAll(keepingCapacity: true) }
    keys[node] = key
    return key
  }
}
