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
  /// The number of the session that ended last, 0 for none.
  var lastConversation: UInt64 = 0
  /// The number of the session, or of the last one: equal in all lines of the log about it.
  public var conversation: UInt64 { session?.conversation ?? lastConversation }
  /// The streams of the session.
  public internal(set) var multiplexer: Multiplexer?
  /// The printed form of `id`, which every stream that is opened is judged by.
  public private(set) lazy var idName = id.name
  /// When a link was last confirmed, 0 for never.
  public internal(set) var lastSeen: UInt64 = 0
  /// No path led to it when last tried.
  public internal(set) var isUnreachable = false
  /// The message streams that we send on, by protocol and class.
  var flows: [FlowKey: StreamReference] = [:]

  /// The streams for unordered messages, a few for each protocol and class.
  var unorderedFlows: [FlowKey: [StreamReference]] = [:]
  /// The streams that unreliable messages belong to.
  var datagramFlows: [FlowKey: StreamReference] = [:]
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

  /// Streams for the unordered messages of one protocol and class.
  static let unorderedLimit = 8

  /// What belongs to a session that is no more.
  func forgetFlows() {
    flows.removeAll()
    unorderedFlows.removeAll()
    datagramFlows.removeAll()
  }

  /// Bytes of the largest unreliable message that a link carries now, or nil while there is no link.
  public var datagramLimit: Int? { links.map { max($0.frameRoom - Multiplexer.datagramOverhead, 0) }.max() }

  /// Links that carry data now.
  public var links: [SecureLink] { session?.links ?? [] }
}
