// SPDX-License-Identifier: Apache-2.0

/// The clients that were sent a Retry a moment ago. A ClientHello in two datagrams gets one Retry, not two: a second
/// one leaves some clients hanging. Bounded, and forgetful by design: a client that lost its Retry asks again.
struct RetryMemory {
  private var recent: [(id: ConnectionID, time: UInt64)] = []
  private var oldest = 0
  private static let capacity = 256
  /// Nanoseconds; well below a client's first retransmission.
  private static let span: UInt64 = 250_000_000

  /// Whether a Retry has to be sent for this destination id, and remembers that it was.
  mutating func shouldAnswer(_ id: ConnectionID, now: UInt64) -> Bool {
    if recent.contains(where: { $0.id == id && now < $0.time &+ Self.span }) { return false }
    if recent.count < Self.capacity {
      recent.append((id, now))
    } else {
      recent[oldest] = (id, now)
      oldest = (oldest + 1) % Self.capacity
    }
    return true
  }
}
