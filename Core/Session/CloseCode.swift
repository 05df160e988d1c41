// SPDX-License-Identifier: Apache-2.0

/// Why a link or session was closed, as the close frame says it.
public enum CloseCode {
  /// Orderly: shut down, idle, or replaced by a better link.
  public static let done: UInt64 = 0
  /// The peer is not on the access list.
  public static let refused: UInt64 = 1
  /// The peer broke the protocol.
  public static let violation: UInt64 = 2
  /// The conversation is of an earlier life of the node; the number that is known of it follows.
  public static let stale: UInt64 = 3
  /// There is no room for one more session. Nodes that do not know a code read it as `done`.
  public static let full: UInt64 = 4
}
