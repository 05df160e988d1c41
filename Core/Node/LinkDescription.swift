// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshTransportManager

/// What the driver tells about a link that has come up.
public struct LinkDescription: Sendable {
  /// The transport's name in the configuration.
  public var transport: String
  /// The remote address; for an incoming link as far as the plugin knows it.
  public var address: String
  /// The channel binding that the link reported, empty where there is none.
  public var binding: [UInt8]
  /// What the session must know of it.
  public var characteristics: LinkCharacteristics
  /// What the choice of paths must know of it.
  public var capabilities: PathCapabilities
  /// For rate limits: equal for links that come from the same place.
  public var source: UInt64

  /// A description; only the binding and the source may be left out.
  public init(
    transport: String, address: String, binding: [UInt8] = [], characteristics: LinkCharacteristics,
    capabilities: PathCapabilities = PathCapabilities(), source: UInt64 = 0
  ) {
    self.transport = transport
    self.address = address
    self.binding = binding
    self.characteristics = characteristics
    self.capabilities = capabilities
    self.source = source
  }
}
