// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer

/// Serves one protocol on a node. There is one server for a name.
public protocol ProtocolServer: AnyObject {
  /// A peer has opened a stream of the protocol.
  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance
  /// A message of a peer came with a carrier.
  func carried(_ message: CarriedMessage) -> CarriedAcceptance
}

extension ProtocolServer {
  /// Only live peers are served.
  public func carried(_ message: CarriedMessage) -> CarriedAcceptance { .refused }
}

/// A stream with a peer, to be used on the node's thread.
public struct PeerStream {
  /// The node at the other end.
  public let peer: Peer
  /// The multiplexer that the stream belongs to.
  public let multiplexer: Multiplexer
  /// The stream in it.
  public let reference: StreamReference

  /// A stream of a peer's multiplexer.
  public init(peer: Peer, multiplexer: Multiplexer, reference: StreamReference) {
    self.peer = peer
    self.multiplexer = multiplexer
    self.reference = reference
  }
}

/// Why the node did not take something.
public enum NodeError: Error, Equatable, Sendable {
  /// The name is neither in the configuration nor connected.
  case unknownPeer
  /// Somebody serves the protocol already.
  case served
  /// There are as many peers as `max_peers` allows.
  case peerLimit
  /// There are as many sessions as `max_sessions` allows.
  case sessionLimit
  /// An idempotency key has to have sixteen bytes, and belongs to an idempotent request.
  case invalidKey
  case refused(SendRefusal)
}
