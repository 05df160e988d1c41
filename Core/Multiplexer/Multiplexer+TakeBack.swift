// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// A message that was queued and is its sender's again.
public struct ReturnedMessage: Equatable, Sendable {
  /// Sixteen bytes, or empty.
  public let key: [UInt8]
  /// The message.
  public let body: [UInt8]
  /// When it is of no use any more, monotonic nanoseconds; `UInt64.max` for never.
  public let deadline: UInt64
}

extension Multiplexer {
  /// Takes a message out of the queue, if none of it has left: as `cancel`, for whoever knows another way.
  /// - Returns: nil when it has left, also to an earlier life of the peer, or is not there.
  public func takeBack(message token: UInt64, of reference: StreamReference) -> ReturnedMessage? {
    guard let stream = stream(reference),
      let entry = stream.tokens[stream.firstToken...].first(where: { $0.number == token && !$0.expired }),
      entry.start >= stream.sent, !entry.wasSent, let found = message(at: entry, of: stream),
      cancel(message: token, of: reference)
    else { return nil }
    return found
  }
}
