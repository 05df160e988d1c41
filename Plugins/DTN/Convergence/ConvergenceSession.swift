// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// One connection over which bundles go: bytes and time in, bytes and events out. It touches no socket and no clock.
///
/// The caller writes `output` to its socket and says how much went out (`wrote`); it hands over what it has read
/// (`receive`), only while `wantsInput`, and after each of these calls `nextEvent` until that is nil. Times are
/// milliseconds of a clock that never goes back.
public protocol ConvergenceSession: AnyObject {
  /// Lends the bytes that are to be sent.
  func withOutput<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
  /// Forgets the first `count` bytes of the output.
  func wrote(_ count: Int, now: UInt64)
  /// Whether bytes should be read for it. False while too much waits for the caller or for the peer, which is how a
  /// peer is made to wait.
  var wantsInput: Bool { get }
  /// Takes bytes from the peer.
  func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64)
  /// What has happened; nil when nothing more has.
  func nextEvent(now: UInt64) -> ConvergenceEvent?
  /// Bytes that a bundle to the peer may have, once there is a session.
  var largestTransfer: UInt64 { get }
  /// Begins to send a bundle.
  func send(_ bundle: [UInt8], now: UInt64) -> SendAnswer
  /// Says what became of a bundle that arrived. Only then does the peer learn that it was taken.
  func settle(_ transfer: UInt64, _ verdict: TransferVerdict, now: UInt64)
  /// Ends the session as its protocol has it; `ended` follows when that is done.
  func close(_ reason: TerminationReason, now: UInt64)
  /// The connection is gone.
  func disconnected(now: UInt64)
  /// When `tick` is to be called.
  var nextDeadline: UInt64? { get }
  /// Does what the time asks for.
  func tick(now: UInt64)
}

/// What happened in a session. Numbers of transfers count from 0 on each side.
public enum ConvergenceEvent: Equatable, Sendable {
  /// The caller puts TLS between the socket and the session, then calls `startedTLS`.
  case startTLS
  /// Bundles can be sent. The peer's node, where the protocol names it.
  case established(node: EndpointID?)
  /// A whole bundle; to be settled by its transfer's number.
  case arrived(transfer: UInt64, bundle: [UInt8])
  /// The peer has taken a bundle that was sent, on its word durably.
  case accepted(transfer: UInt64)
  /// A bundle that was sent is with the system; the protocol tells nothing more of it.
  case written(transfer: UInt64)
  /// The peer has not taken a bundle that was sent.
  case refused(transfer: UInt64, RefusalReason)
  /// Nothing more arrives; what was sent and not accepted has to be sent again elsewhere. The last event. What is still
  /// in the output is to be written before the connection is closed.
  case ended(SessionEnd)
}

/// How a session ended.
public enum SessionEnd: Equatable, Sendable {
  /// As the protocol has it, with the first reason that was given.
  case terminated(TerminationReason)
  /// The connection broke.
  case disconnected
  /// The peer broke the protocol.
  case violated(ProtocolFault)
  /// The peer rejected a message of ours; its type.
  case rejected(type: UInt8)
}

/// What becomes of a bundle that arrived.
public enum TransferVerdict: Equatable, Sendable {
  /// It is stored durably.
  case stored
  /// It is not taken.
  case refused(RefusalReason)
}

/// Whether a bundle is being sent.
public enum SendAnswer: Equatable, Sendable {
  /// Yes; an event will name this number.
  case begun(transfer: UInt64)
  /// Not now: as many are on their way as may be. After the next event that ends one there is room.
  case busy
  /// Never in this session: the peer takes at most this many bytes.
  case tooLarge(limit: UInt64)
  /// Not in this session: it is not established or it is ending.
  case unavailable
}
