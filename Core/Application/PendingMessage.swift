// SPDX-License-Identifier: Apache-2.0

/// An accepted message that no stream takes now.
struct PendingMessage {
  var id: UInt64
  /// Sixteen bytes, or empty.
  var key: [UInt8]
  var body: [UInt8]
  /// When it is of no use any more, monotonic nanoseconds.
  var deadline: UInt64
  var reportsSent: Bool
  /// Since when it waits, monotonic nanoseconds.
  var since: UInt64
  /// An earlier life of this node may have sent it.
  var isRepetition = false
}
