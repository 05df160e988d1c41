// SPDX-License-Identifier: Apache-2.0

/// How one request is to be made.
public struct RequestOptions: Sendable {
  /// Nanoseconds from now in which the last reply must have come; nil waits as long as the peer lives. What is left of
  /// it travels with the request.
  public var deadline: UInt64?
  /// Doing it twice does no harm: it is repeated, at most five times, when an attempt ends without an answer.
  public var isIdempotent: Bool
  /// Sixteen bytes by which the peer recognises a repetition; made up for an idempotent request without one. Give one
  /// to repeat a request after a crash of this node. Only for idempotent requests.
  public var idempotencyKey: [UInt8]?
  /// Bytes of the largest reply that is taken; a larger one ends the request.
  public var replyLimit: Int
  /// Wait for a path until the deadline instead of failing as soon as there is none.
  public var waitsForPath: Bool
  /// Replies count against the peer's credit until `NodeCore.release` gives them back.
  public var releasesByHand: Bool

  /// A request without deadline that is made once, unless the members say otherwise.
  public init(
    deadline: UInt64? = nil, isIdempotent: Bool = false, idempotencyKey: [UInt8]? = nil, replyLimit: Int = 16 << 20,
    waitsForPath: Bool = false, releasesByHand: Bool = false
  ) {
    self.deadline = deadline
    self.isIdempotent = isIdempotent
    self.idempotencyKey = idempotencyKey
    self.replyLimit = replyLimit
    self.waitsForPath = waitsForPath
    self.releasesByHand = releasesByHand
  }
}
