// SPDX-License-Identifier: Apache-2.0

/// Why a request ended without the end of its replies.
public struct RequestFailure: Error, Equatable, Sendable {
  /// The kinds of failure.
  public enum Reason: String, Sendable, CaseIterable {
    /// The deadline passed first.
    case deadline
    /// This side cancelled it.
    case cancelled
    /// Nobody serves the protocol on the peer.
    case noSuchProtocol
    /// This node may not use the protocol there.
    case notAllowed
    /// The peer's application refused it; `code` and `text` are its own.
    case refused
    /// The peer was restarted and knows nothing of it.
    case peerRestarted
    /// No path leads to the peer, or the session with it has ended.
    case unreachable
    /// A reply was larger than the limit.
    case replyTooLarge
  }

  /// The kind of failure.
  public var reason: Reason
  /// The code of the refusal, `StreamCode` or the application's own from 256 on; 0 for other reasons.
  public var code: UInt64
  /// A short text of the peer's application, or of this node about the path; may be empty.
  public var text: String
  /// The peer may have carried it out, wholly or in part.
  public var maybeExecuted: Bool
  /// How often it was tried.
  public var attempts: Int

  /// A failure; see the members.
  public init(
    reason: Reason, code: UInt64 = 0, text: String = "", maybeExecuted: Bool = false, attempts: Int = 1
  ) {
    self.reason = reason
    self.code = code
    self.text = text
    self.maybeExecuted = maybeExecuted
    self.attempts = attempts
  }
}
