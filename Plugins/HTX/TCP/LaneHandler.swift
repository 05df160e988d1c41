// SPDX-License-Identifier: Apache-2.0
import HTXTickets

/// What a connection asks and tells the one who owns it. A class with empty methods, so that a call per frame needs no
/// existential. No method may call back into the connection unless it says so.
open class LaneHandler {
  /// A handler that does nothing.
  public init() {}

  /// Judges the values of a request that may be tickets. After `.wait`, `ServerConnection.settle` has to follow.
  open func judge(_ candidates: [String]) -> TicketVerdict { .decoy }
  /// Whether this end takes padding between packets, which the other end is told with each lane.
  open var takesPadding: Bool { true }
  /// The other end takes it too; nothing but packets may be sent without this call, which comes before `opened`.
  open func mayPad() {}
  /// All lanes are open at both ends.
  open func opened() {}
  /// Bytes arrived on a lane; lent. Returns how many of them the windows get back now.
  open func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int { bytes.count }
  /// Writes what the lane has to send; 0 for nothing now, negative for nothing ever again.
  open func fill(_ lane: Int, _ target: UnsafeMutableRawBufferPointer) -> Int { 0 }
  /// The link is over, or will never be.
  open func ended(_ end: LaneEnd) {}
}

/// What becomes of a request with something that may be a ticket.
public enum TicketVerdict: Sendable {
  /// The site answers as it would answer anybody.
  case decoy
  /// The same, and nothing else goes on: the ticket's record is on its way to the disk.
  case wait
}

/// How the lanes of a link ended.
public enum LaneEnd: Sendable {
  /// The other end said goodbye.
  case closed
  /// The other end ended a lane without a word.
  case reset
  /// The server answered a lane as it answers strangers, with this status.
  case refused(Int)
  /// The other end broke HTTP/2.
  case violated
}
