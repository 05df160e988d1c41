// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// A message that came with a carrier, for the server of its protocol.
public struct CarriedMessage {
  /// Names it for `Carriage.released` and `returned`.
  public let reference: CarriedReference
  /// Who sent it.
  public let peer: Peer
  /// How urgent it is.
  public let trafficClass: TrafficClass
  /// Sixteen bytes by which a repetition after a crash is recognised, or empty.
  public let key: [UInt8]
  /// What is left of its lifetime, in milliseconds.
  public let lifetime: UInt64
  /// The message.
  public let body: [UInt8]
}

/// A message of one peer.
public struct CarriedReference: Hashable, Sendable {
  /// Who sealed it.
  public let sender: NodeID
  /// Its identity among those of the sender.
  public let id: Envelope.ID
}

/// What a server says to a message that came with a carrier.
public enum CarriedAcceptance: Equatable, Sendable {
  /// It has it, and says `released` or `returned` in the end.
  case taken
  /// It has no room now.
  case later
  /// It takes no such messages.
  case refused
}

/// Whether a message that comes over a session came with a carrier before.
public enum CarriedBefore: Sendable {
  case no
  /// The application has it and has not released it.
  case isHeld
  /// It was released: this is a repetition.
  case wasReleased
}

/// What became of a message that was given to a carrier.
public enum CarriedState: Equatable, Sendable {
  /// The carrier keeps it, over restarts.
  case stored
  /// Another node keeps it now.
  case forwarded
  /// The receiving application has released it; last word.
  case delivered
  /// Its lifetime has passed without a confirmation; last word.
  case expired
  /// The carrier could not keep it: it is the sender's again; last word.
  case returned(Int32)
  /// The carrier gave it up; last word.
  case refused(Int32)
}

/// Who waits to hear what becomes of messages that were given to a carrier.
public protocol CarriedMessageObserver: AnyObject {
  /// What became of the message with this number of the observer.
  func carried(_ number: UInt64, _ state: CarriedState)
  /// A message of which nothing has left was taken out of the queue of a session without links. False when the observer
  /// wants it kept for it until a link or a carrier takes it.
  func tookBack(_ number: UInt64, _ message: OutgoingCarriage) -> Bool
}

extension CarriedMessageObserver {
  /// See the requirement.
  public func tookBack(_ number: UInt64, _ message: OutgoingCarriage) -> Bool { false }
}
