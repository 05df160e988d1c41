// SPDX-License-Identifier: Apache-2.0

/// The numbers of a node's conversations, each larger than all before it, those of its earlier lives included.
///
/// A number is the incarnation times 2^20, plus how many came before it in this life. A peer refuses a number below the
/// one it knows: it comes from a life that is over (docs/decisions/0008-ordered-conversations.md).
struct ConversationNumbers {
  /// Numbers are below this, so that one more can always be said.
  static let limit: UInt64 = 1 << 63
  /// Incarnations are below this; milliseconds since 1970 reach it in the year 2248.
  static let incarnationLimit: UInt64 = 1 << 43

  private var last: UInt64

  init(incarnation: UInt64) { last = min(max(incarnation, 1), Self.incarnationLimit - 1) << 20 }

  mutating func next() -> UInt64 {
    last += 1
    return last
  }
}
