// SPDX-License-Identifier: Apache-2.0

/// What one traffic class may keep waiting for one peer, and what happens beyond that.
public struct QueueRule: Equatable, Sendable {
  /// What happens to a message when the queue is full.
  public enum Drop: Sendable, CaseIterable {
    /// It is refused with `again`.
    case refuse
    /// The oldest messages that have not begun to leave are given up and reported as dropped.
    case oldest
    /// Messages whose lifetime has passed make room, then it is refused.
    case expired
  }

  /// Bytes that all streams of the class may hold unconfirmed. Each stream may hold a sixteenth of it, at most 64 KiB,
  /// whatever the others hold, so that one whose reader has stopped cannot silence the class.
  public var limit: Int
  /// The rule for messages; streams of bytes and requests are always refused.
  public var drop: Drop

  /// A rule; see the members.
  public init(limit: Int, drop: Drop = .refuse) {
    self.limit = limit
    self.drop = drop
  }

  /// What every stream may hold.
  var share: Int { min(limit / 16, 64 << 10) }
}
