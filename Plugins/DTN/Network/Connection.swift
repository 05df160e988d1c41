// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import TransportDriver
import TransportTLS

/// One connection to another node, from the dialling or the accepting on to the last byte.
final class Connection {
  enum Phase {
    /// A name is resolved, or a socket connects.
    case dialling
    case open
    /// The session is over and its last bytes go out, then the peer's end is awaited.
    case closing
    case gone
  }

  /// Counts up; never used again.
  let id: UInt64
  /// As others know it: not as long as the key of a node.
  let key: [UInt8]
  let address: NetworkAddress
  /// Of the dialler that made it.
  var dialler: Int?
  var phase: Phase
  /// -1 without a socket.
  var descriptor: Int32 = -1
  var mask: UInt32 = 0
  var session: (any ConvergenceSession)?
  /// Between the socket and the session, once both ends have agreed on it.
  var tls: TLSSession?
  var isHandshaking = false
  /// The peer has proven to be one of these nodes; nil where it has proven nothing.
  var proven: [EndpointID]?
  /// Addresses that were not tried yet.
  var candidates: ArraySlice<SocketAddress> = []
  /// The other end, for the log.
  var remote: String
  /// When a phase has to be over, or a neighbour without room is asked again.
  var deadline = UInt64.max
  var roomDeadline = UInt64.max
  /// The peer, once it has said who it is.
  var node: EndpointID?
  var hasCome = false
  var establishedAt: UInt64?
  /// Numbers of the caller by transfers that were sent.
  var sent: [UInt64: UInt64] = [:]
  /// Bundles that arrived without a way to refuse them, until they are settled.
  var unsettled: [UInt64: [UInt8]] = [:]
  var unsettledBytes = 0
  /// Those of them that wait for room.
  var postponed: [UInt64] = []
  /// This node has said in the log why it does not want the session.
  var wasTurnedAway = false
  /// Bytes that have come since the last whole bundle, and those of `unsettled`.
  var held = 0
  /// When a whole bundle last came or went, nanoseconds.
  var lastUse: UInt64 = 0
  /// Whether the configuration names the peer.
  var isKnown = false
  var isTouched = false
  /// Nothing more is written; the peer may still be.
  var hasShutDown = false

  init(id: UInt64, address: NetworkAddress, dialler: Int?, phase: Phase, remote: String) {
    self.id = id
    self.address = address
    self.dialler = dialler
    self.phase = phase
    self.remote = remote
    key = withUnsafeBytes(of: id.bigEndian) { Array($0) }
  }

  func token(_ kind: Token.Kind) -> UInt64 {
    Token(kind, slot: UInt32(truncatingIfNeeded: id), generation: UInt16(truncatingIfNeeded: id >> 32)).raw
  }

  static func id(_ token: Token) -> UInt64 { UInt64(token.generation) << 32 | UInt64(token.slot) }

  static func id(_ key: [UInt8]) -> UInt64 { key.reduce(0) { $0 << 8 | UInt64($1) } }
}
