// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// Both halves of one stream. Kept in a slot of the multiplexer and used again for another stream later.
final class Stream {
  let slot: UInt32
  var generation: UInt32 = 0
  var isOpen = false
  var handler: StreamHandler?
  var id: UInt64 = 0
  var kind = StreamKind.bytes
  var trafficClass = TrafficClass.normal
  var name = ""
  var metadata: [UInt8] = []
  /// We opened it.
  var isLocal = false
  /// The preamble has been read (always true for our own).
  var isIdentified = false

  // Sending half.
  var ring = ByteRing()
  /// The first offset that has never been sent.
  var sent: UInt64 = 0
  /// Everything below has been acknowledged.
  var confirmed: UInt64 = 0
  var acknowledged = RangeSet()
  var lost = RangeSet()
  /// The peer has released everything below.
  var peerReleased: UInt64 = 0
  /// The peer allows bytes up to here, whatever it has released.
  var peerLimit: UInt64 = 0
  var finQueued = false
  var finSent = false
  var finAcknowledged = false
  var sendingClosed = false
  var resetCode: UInt64?
  var resetDue = false
  var resetAcknowledged = false
  var isQueued = false
  /// The class in whose queue it waits; an entry in another one is left over from the slot's last stream.
  var queuedClass = TrafficClass.normal
  /// A send was refused; say when there is room.
  var isBlocked = false
  var tokens: [Token] = []
  var firstToken = 0
  /// The end of the first message whose sending is to be told.
  var nextSentEnd: UInt64 = .max
  /// Where messages begin that have not begun to leave; kept only while the class drops the oldest.
  var pending: [Pending] = []
  var firstPending = 0
  /// What the class's sum holds of this stream.
  var countedBytes = 0
  /// Bytes queued and received when the multiplexer last looked for memory to give back.
  var used: UInt64 = 0
  var datagrams = ByteRing()
  var datagramSequence: UInt64 = 0
  /// Where in a request the field for what is left of its deadline stands; it is filled in when it is first sent.
  var lifetimeAt: UInt64?
  /// When that deadline is.
  var lifetimeEnd: UInt64 = 0

  // Receiving half.
  var buffer = ReceiveBuffer()
  /// One above the highest offset seen.
  var highest: UInt64 = 0
  var finalSize: UInt64?
  var released: UInt64 = 0
  var advertised: UInt64 = 0
  /// Credit of the session was returned up to here.
  var sessionCredited: UInt64 = 0
  /// For a message larger than the window: bytes are allowed up to here.
  var extendedLimit: UInt64 = 0
  var wantsExtension = false
  var receivingClosed = false
  var stopCode: UInt64?
  var stopDue = false
  /// How far the reader had released when it stopped.
  var releasedAtStop: UInt64 = 0
  var releaseDue = false
  var releaseWaits = false
  /// The final release of a message stream has been acknowledged.
  var finalReleaseAcknowledged = false
  /// Where messages begin of which the reader has got a copy another way.
  var skips: [UInt64] = []
  var isControlQueued = false
  /// Set while the handler is being called with bytes of this stream.
  var isDelivering = false
  /// The handler took less than there was; it will call `resume`.
  var isPaused = false
  /// The reader releases by itself with `release`, later than it takes.
  var releasesByHand = false
  var datagramHighest: UInt64 = 0
  var datagramSeen: UInt64 = 0

  /// A message whose fate somebody wants to know.
  struct Token {
    var number: UInt64
    var start: UInt64
    var end: UInt64
    var deadline: UInt64
    var expired = false
    var reportsSent = false
    /// It was sent to an earlier life of the peer.
    var wasSent = false
    /// Its sender knows another way for it.
    var mayBeHandedOver = false
    /// A copy of it takes that way.
    var isHanded = false
  }

  /// A message that may be dropped.
  struct Pending {
    var start: UInt64
    var order: UInt64
  }

  init(slot: UInt32) { self.slot = slot }

  var reference: StreamReference { StreamReference(slot: slot, generation: generation) }

  /// Whether this is still the stream that a reference to its slot means.
  func isAlive(as reference: StreamReference) -> Bool { generation == reference.generation && isOpen }

  /// Only the opener of a message stream sends on it.
  var maySend: Bool { isLocal || kind != .messages }
  var mayReceive: Bool { !isLocal || kind != .messages }

  var pendingTokens: ArraySlice<Token> { tokens[firstToken...] }

  /// The sending half needs nothing more.
  var isSendingDone: Bool {
    if !maySend { return true }
    if resetCode != nil { return resetAcknowledged }
    guard finAcknowledged, confirmed >= ring.end else { return false }
    return kind != .messages || peerReleased >= ring.end
  }

  /// The receiving half needs nothing more.
  var isReceivingDone: Bool {
    if !mayReceive { return true }
    guard receivingClosed else { return false }
    // The answer to a stop says how much was sent; without it the session's credit would shrink.
    if stopCode != nil { return finalSize != nil }
    // The sender of messages waits for the last release: it must arrive before the stream is forgotten.
    if kind == .messages, let finalSize { return released >= finalSize && finalReleaseAcknowledged }
    // Bytes that the reader still holds would else be lost for the credit of the session.
    if releasesByHand, let finalSize { return released >= finalSize }
    return true
  }

  /// The reader has taken bytes that it has not released.
  var isHeld: Bool { releasesByHand && buffer.next > released }

  func limit(window: UInt64) -> UInt64 { max(peerReleased + window, peerLimit) }
  func hasNewBytes(window: UInt64) -> Bool { sent < min(ring.end, limit(window: window)) }
  var finDue: Bool { finQueued && !finSent && sent == ring.end && resetCode == nil }

  /// Puts the slot back into its first state for another stream.
  func recycle() {
    generation &+= 1
    isOpen = false
    handler = nil
    name = ""
    metadata = []
    kind = .bytes
    isIdentified = false
    ring.reset(to: 0)
    sent = 0
    confirmed = 0
    acknowledged.removeAll()
    lost.removeAll()
    peerReleased = 0
    peerLimit = 0
    finQueued = false
    finSent = false
    finAcknowledged = false
    sendingClosed = false
    resetCode = nil
    resetDue = false
    resetAcknowledged = false
    isBlocked = false
    tokens.removeAll(keepingCapacity: tokens.capacity <= 64)
    firstToken = 0
    nextSentEnd = .max
    pending.removeAll(keepingCapacity: pending.capacity <= 64)
    firstPending = 0
    datagrams.reset(to: 0)
    datagramSequence = 0
    lifetimeAt = nil
    buffer.reset()
    skips.removeAll()
    highest = 0
    finalSize = nil
    released = 0
    advertised = 0
    sessionCredited = 0
    extendedLimit = 0
    wantsExtension = false
    receivingClosed = false
    stopCode = nil
    stopDue = false
    releasedAtStop = 0
    releaseDue = false
    releaseWaits = false
    finalReleaseAcknowledged = false
    isDelivering = false
    isPaused = false
    releasesByHand = false
    datagramHighest = 0
    datagramSeen = 0
  }
}
