// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// A message on its way into a carrier.
public struct OutgoingCarriage {
  /// Who it is for.
  public var peer: NodeID
  /// The protocol.
  public var name: String
  /// How urgent it is.
  public var trafficClass: TrafficClass
  /// Sixteen bytes by which repetitions are recognised, or empty.
  public var key: [UInt8]
  /// The message.
  public var body: [UInt8]
  /// When it is of no use any more, monotonic nanoseconds.
  public var deadline: UInt64
  /// Where the session has it that it was first given to, if any of it has left there.
  public var place: SessionPlace?

  /// A message; see the members.
  public init(
    peer: NodeID, name: String, trafficClass: TrafficClass, key: [UInt8] = [], body: [UInt8], deadline: UInt64,
    place: SessionPlace? = nil
  ) {
    self.peer = peer
    self.name = name
    self.trafficClass = trafficClass
    self.key = key
    self.body = body
    self.deadline = deadline
    self.place = place
  }
}

/// What a carrier said to a message.
public enum CarriageAnswer: Equatable, Sendable {
  /// There is room; the observer hears the rest.
  case accepted
  /// It was delivered before, in an earlier life of this node.
  case delivered
  /// No carrier takes it now, and why.
  case refused(Int32)
}
