// SPDX-License-Identifier: Apache-2.0

/// Why a link or session cannot go on.
public enum SessionError: Error, Equatable, Sendable {
  /// The peer broke a rule of the protocol; the text says which.
  case protocolViolation(StaticString)
  /// A handshake did not finish: wrong key, wrong prologue (another channel binding), or a damaged message.
  case handshakeFailed(StaticString)
  /// No common version or cipher.
  case versionMismatch
  /// The peer is not on this node's access list.
  case refused
  /// This node is not on the peer's access list.
  case refusedByPeer
  /// The peer has no room for a session now.
  case peerFull
  /// The peer did not answer in time.
  case timedOut
  /// Too many packets could not be opened.
  case integrityLimit
  /// One side was met in a later life already: the link leads to one that is over.
  case stale
  /// The peer was met in a later life on another link: this one leads to nobody.
  case peerRestarted
  /// The peer closed the link in an orderly way.
  case closedByPeer
  /// A fixed table is full.
  case limit

  /// Equal when they say the same.
  public static func == (left: SessionError, right: SessionError) -> Bool { left.text == right.text }

  /// One sentence for a person.
  public var text: String {
    switch self {
    case .protocolViolation(let what): "the peer broke the protocol: \(what)"
    case .handshakeFailed(let what): "the handshake failed: \(what)"
    case .versionMismatch: "no protocol version or cipher in common"
    case .refused: "the peer is not on the access list"
    case .refusedByPeer: "this node is not on the peer's access list: it has to be added there"
    case .peerFull: "the peer has no room for another session or peer: a limit there is reached"
    case .timedOut: "no answer in time"
    case .integrityLimit: "too many packets failed authentication"
    case .stale: "the conversation is of an earlier life of a node"
    case .peerRestarted: "the peer was restarted"
    case .closedByPeer: "the peer closed the link"
    case .limit: "a limit on handshakes or sessions is reached"
    }
  }
}
