// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession
import MeshTransportManager
import MeshWire

/// One node that we know or talk to.
public final class Peer {
  /// Its name.
  public let id: NodeID
  /// Its number for the transport manager.
  public let handle: PeerHandle
  /// The name in the configuration, or empty.
  public internal(set) var name: String
  /// Where it may be reached.
  public internal(set) var addresses: [PeerAddress]
  /// In the file or added by hand: may talk to us under `access: known`.
  public internal(set) var isKnown: Bool
  /// The session with it, nil when there is none.
  public internal(set) var session: Session?
  /// The streams of the session.
  public internal(set) var multiplexer: Multiplexer?
  /// When a link was last confirmed, 0 for never.
  public internal(set) var lastSeen: UInt64 = 0
  /// The message streams that we send on, by protocol and class.
  var flows: [FlowKey: StreamReference] = [:]

  /// The keys of idempotent requests that it has made, made when the first one comes.
  var idempotency: IdempotencyWindow?

  struct FlowKey: Hashable {
    var name: String
    var trafficClass: TrafficClass
  }

  init(id: NodeID, handle: PeerHandle, name: String, addresses: [PeerAddress], isKnown: Bool) {
    self.id = id
    self.handle = handle
    self.name = name
    self.addresses = addresses
    self.isKnown = isKnown
  }

  /// Links that carry data now.
  public var links: [SecureLink] { session?.links ?? [] }
}
