// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC
import HTXTCP

/// What a connection over HTTP/3 asks and tells the one who owns it, beside what any version of HTTP does. Bytes of lanes
/// are lent to it and not copied. No method may call the endpoint.
open class LaneLender: LaneHandler {
  /// Puts what the lane has to send into at most `limit` vectors, whose bytes stay as they are until `acknowledged` or
  /// `over`. `.wait` until `resume`, `.last` when the lane has ended.
  open func lend(_ lane: Int, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int) -> HTTP3Fill { .wait }
  /// The other end has the `count` oldest bytes that were lent on the lane.
  open func acknowledged(_ lane: Int, _ count: Int) {}
  /// The other end has no window for a lane that has something to send, or has one again.
  open func heldUp(_ lane: Int, _ isHeldUp: Bool) {}
  /// A visitor's handshake is confirmed.
  open func arrived() {}
  /// A visitor's `LaneServer.progress` has changed.
  open func moved() {}
  /// A dialled connection's handshake is complete at this end; `LaneClient.begin` may show a ticket.
  open func reached(_ client: LaneClient) {}
  /// The other end has answered after that: the path takes packets both ways.
  open func confirmed(_ client: LaneClient) {}
  /// A dialled connection that was not confirmed is over.
  open func missed(_ client: LaneClient, _ reason: CloseReason) {}
  /// The same for a connection that reads a page, which `PageClient.begin` asks for.
  open func reached(_ page: PageClient) {}
  /// A connection that was to read a page, and was not told to begin, is over.
  open func missed(_ page: PageClient, _ reason: CloseReason) {}
  /// The head of an answer has come.
  open func progressed(_ page: PageClient) {}
  /// The connection is over, and with it everything that was lent.
  open func over(_ reason: CloseReason) {}
}
