// SPDX-License-Identifier: Apache-2.0

/// How one message is to be sent.
public struct MessageOptions: Sendable {
  /// Sixteen bytes that the receiver sees again if the message has to be repeated after a crash.
  public var idempotencyKey: [UInt8]?
  /// The same as two words as they lie in memory, for whoever sends many: an array is an allocation.
  public var keyWords: (UInt64, UInt64)?
  /// Nanoseconds after which the message is of no use; what is not delivered by then is reported as expired.
  public var lifetime: UInt64?
  /// Ask for `StreamHandler.settled` with this number when the message is delivered or has expired.
  public var token: UInt64?
  /// Ask for `StreamHandler.sent` as well, with the same number.
  public var reportsSent: Bool
  /// False: it need not wait for earlier messages of its protocol and class. Looked at by `NodeCore.send`.
  public var isOrdered: Bool
  /// Whoever waits for its fate knows another way while no link leads to the peer; see `Multiplexer.handOver`.
  public var mayBeHandedOver: Bool
  /// An earlier life of this node may have sent it already.
  public var isRepetition = false

  /// An ordered message without key, lifetime or token unless they are given; see the members.
  public init(
    idempotencyKey: [UInt8]? = nil, lifetime: UInt64? = nil, token: UInt64? = nil, reportsSent: Bool = false,
    isOrdered: Bool = true, mayBeHandedOver: Bool = false
  ) {
    self.idempotencyKey = idempotencyKey
    self.lifetime = lifetime
    self.token = token
    self.reportsSent = reportsSent
    self.isOrdered = isOrdered
    self.mayBeHandedOver = mayBeHandedOver
  }
}

/// What became of a message.
public enum MessageOutcome: Sendable, Equatable {
  /// The receiving application has released it.
  case delivered
  /// Its lifetime has passed. `maybeDelivered` when it had been sent and no confirmation came.
  case expired(maybeDelivered: Bool)
  /// The receiver does not serve the protocol, or has closed it, with this code.
  case refused(UInt64)
  /// Given up unsent to make room for a newer one, as the drop rule of its class says.
  case dropped
}

/// Why something cannot be queued.
public enum SendRefusal: Error, Equatable, Sendable {
  /// The queue is full; `writable` says when to try again.
  case again
  /// Larger than the receiver takes.
  case tooLarge
  /// The stream is closed or was never open.
  case closed
  /// Too many streams are open.
  case streamLimit
}
