// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC

/// What stands above an HTTP/3 connection: a site and its visitors, or the lanes of a link. Subclasses override what they
/// need. Every call comes from within the endpoint's `receive` or `poll`; in all but `fill`, requests may be sent,
/// answered and reset.
open class HTTP3Handler {
  /// A handler that ignores everything.
  public init() {}

  /// The handshake is complete at this end, and the other end is who it has to be; a client may send requests.
  open func opened(_ connection: HTTP3Connection) {}
  /// The handshake is confirmed on both sides: what a client sends arrives.
  open func confirmed(_ connection: HTTP3Connection) {}
  /// A request has begun (server); its head follows.
  open func began(_ connection: HTTP3Connection, stream: Int64) {}
  /// The head of a request (server) or of an answer, which has no body when `isFinal`. An answer may have several
  /// heads, of which the last one's status is 200 or more.
  open func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {}
  /// Bytes of a body, lent. Returns for how many of them the other end gets credit now; the rest by `consume`.
  open func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int { bytes.count }
  /// The other end's body is whole.
  open func ended(_ connection: HTTP3Connection, stream: Int64) {}
  /// The stream is over in both directions; `error` is `noError` when it went well.
  open func closed(_ connection: HTTP3Connection, stream: Int64, error: UInt64) {}
  /// Puts what the body has to send into at most `limit` vectors; the bytes stay as they are until `acknowledged` or
  /// `closed`. Calls nothing of the connection.
  open func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill { .last(0) }
  /// The `count` oldest bytes of the body that were filled in are acknowledged.
  open func acknowledged(_ connection: HTTP3Connection, stream: Int64, count: UInt64) {}
  /// The other end has no window for a stream that has something to send, or has one again.
  open func heldUp(_ connection: HTTP3Connection, stream: Int64, _ isHeldUp: Bool) {}
  /// The other end takes no more requests (it is a server), or wants no more answers.
  open func goingAway(_ connection: HTTP3Connection) {}
  /// More requests may be sent.
  open func streamsCredited(_ connection: HTTP3Connection) {}
  /// The connection is over; the last call.
  open func over(_ connection: HTTP3Connection, _ reason: CloseReason) {}
}
