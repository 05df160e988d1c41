// SPDX-License-Identifier: Apache-2.0

import MeshCrypto

/// The figures a session works with. All times in nanoseconds.
public struct SessionOptions: Sendable {
  /// Ciphers offered and accepted, in order of preference, each once.
  public var ciphers: [AEADAlgorithm] {
    get { cipherList.indices.compactMap { AEADAlgorithm(rawValue: cipherList[$0]) } }
    set { cipherList = Self.list(newValue) }
  }
  /// Without an array the options are copied like a number, which happens with each packet.
  private var cipherList = Self.list(AEADAlgorithm.preferred)

  private static func list(_ ciphers: [AEADAlgorithm]) -> InlineArray<4, UInt8> {
    InlineArray { $0 < ciphers.count ? ciphers[$0].rawValue : 0 }
  }

  /// A handshake that has not finished by then has failed.
  public var handshakeTimeout: UInt64 = 5 * second
  /// Handshakes that others may have half open, in all and from one source.
  public var halfOpenLimit = 1024
  /// The share of one source.
  public var halfOpenPerSource = 64
  /// From this many half-open handshakes on, datagram links are asked for a cookie first.
  public var cookieThreshold = 256
  /// Acknowledgements wait at most this long.
  public var acknowledgementDelay: UInt64 = 25 * millisecond
  /// Packets of a lane that may arrive before an acknowledgement is sent at once.
  public var acknowledgementPackets = 8
  /// The same in bytes: half of the smallest window that an ordered lane may have.
  public var acknowledgementBytes = 64 << 10
  /// The same while bulk yields: half of what it has in flight at least, for the sender waits. Every second of its packets:
  /// one for each makes it go in smaller pieces and use less of a path.
  public var urgentAcknowledgementBytes = 4 << 10
  /// Bulk and background yield on a link for so long after an urgent packet.
  public var urgentFor: UInt64 = 50 * millisecond
  /// Round trips below this are over before a processor that went to sleep would have woken up.
  public var promptRoundTrip: UInt64 = 100_000
  /// The next packet of such a link is expected for so long.
  public var promptFor: UInt64 = millisecond
  /// The largest packet of classes that yield, bytes: what comes behind it waits for all of it.
  public var yieldingPacket = 4 << 10
  /// Least time without progress after which a link is suspect (the other bound is three round trips).
  public var suspectAfter: UInt64 = 300 * millisecond
  /// A suspect link without progress for this long is closed.
  public var deadAfter: UInt64 = 15 * second
  /// A link that is otherwise silent sends a probe this often, plus or minus a fifth.
  public var keepAlive: UInt64 = 25 * second
  /// A session without links and without traffic is forgotten after this.
  public var idleTimeout: UInt64 = 600 * second
  /// A direction takes its next key after the first of these.
  public var rekeyPackets: UInt64 = 1 << 32
  /// Bytes sealed with one key.
  public var rekeyBytes: UInt64 = 64 << 30
  /// Nanoseconds that one key is used.
  public var rekeyAfter: UInt64 = 3600 * second
  /// A link gets an entirely fresh handshake this often.
  public var rehandshakeAfter: UInt64 = 24 * 3600 * second
  /// Packets that may fail to open before a link is given up.
  public var integrityLimit: UInt64 = 1 << 36
  /// Bytes in flight on an ordered lane; it bounds what a dying link must send again.
  public var orderedInFlight: UInt64 = 8 << 20
  /// What this side can receive, told to the peer in the handshake.
  public var parameters = PeerParameters()

  /// The defaults.
  public init() {}

  static let second: UInt64 = 1_000_000_000
  static let millisecond: UInt64 = 1_000_000
}

/// What one side allows the other: flow-control windows and counts. An id the reader does not know is skipped.
public struct PeerParameters: Equatable, Sendable {
  /// Bytes a single stream may be ahead of what its reader has released.
  public var streamWindow: UInt64 = 4 << 20
  /// Bytes all streams together may be ahead.
  public var sessionWindow: UInt64 = 16 << 20
  /// Streams that the other side may have open at once.
  public var streams: UInt64 = 1024
  /// Largest message, bytes.
  public var messageLimit: UInt64 = 16 << 20

  /// The defaults.
  public init() {}

  /// The ids on the wire, in order; a value is a QUIC varint.
  var entries: [(id: UInt64, value: UInt64)] {
    [(1, streamWindow), (2, sessionWindow), (3, streams), (4, messageLimit)]
  }

  mutating func set(_ id: UInt64, _ value: UInt64) {
    switch id {
    case 1: streamWindow = min(value, 1 << 30)
    case 2: sessionWindow = min(value, 1 << 34)
    case 3: streams = min(value, 1 << 20)
    case 4: messageLimit = min(value, 1 << 30)
    default: break
    }
  }
}
