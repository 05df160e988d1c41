// SPDX-License-Identifier: Apache-2.0

/// One ordered channel of a link: numbers, what is in flight, what has arrived, and how long a round trip takes.
struct Lane: ~Copyable {
  let index: Int
  let streamLike: Bool
  var sent = SentPackets()
  var received: ReceiveWindow
  var roundTrip: RoundTripEstimator
  var congestion: CongestionController
  var limiter: QueueLimiter

  /// Ack-eliciting packets that arrived since the last acknowledgement was sent.
  var unacknowledged = 0
  var unacknowledgedBytes = 0
  /// When the acknowledgement is due at the latest.
  var acknowledgeAt: UInt64 = .max
  /// When the largest packet arrived, for the delay field.
  var largestArrivedAt: UInt64 = 0

  /// The first number of the current key phase; those below were sealed with earlier keys.
  var phaseStart: UInt64 = 0
  /// The largest number the peer acknowledged, plus one.
  var largestAcknowledged: UInt64 = 0
  /// The last time something was acknowledged, or the first packet of a new flight left.
  var progressAt: UInt64 = 0
  /// The last time the suspicion timer ran out.
  var suspectedAt: UInt64 = 0
  var lossTime: UInt64 = .max
  var lastElicitingAt: UInt64 = 0
  /// How many probe time-outs have passed without an acknowledgement.
  var probes: UInt32 = 0
  var probeNeeded = false

  init(index: Int, characteristics: LinkCharacteristics, orderedInFlight: UInt64) {
    self.index = index
    streamLike = characteristics.isStreamLike
    received = ReceiveWindow(ordered: characteristics.isStreamLike)
    roundTrip =
      characteristics.expectedRoundTrip == 0
      ? RoundTripEstimator() : RoundTripEstimator(initial: characteristics.expectedRoundTrip)
    congestion = CongestionController(mtu: characteristics.mtu)
    limiter = QueueLimiter(largest: orderedInFlight)
  }

  /// Whether an ack-eliciting packet may leave now, of a class that yields or another.
  func maySend(yields: Bool, now: UInt64) -> Bool {
    if streamLike { return sent.bytesInFlight < (yields ? min(limiter.yielding, limiter.window) : limiter.window) }
    return probeNeeded || congestion.allows(inFlight: sent.bytesInFlight, now: now)
  }

  var acknowledgementDue: Bool { acknowledgeAt == 0 }

  /// Whether a packet sealed with an earlier key may still be on its way. On a datagram lane it would be lost, and sent
  /// again; on an ordered one it would end the link.
  var lagsBehindPhase: Bool { streamLike && largestAcknowledged < phaseStart }

  /// - Parameter isUrgent: whether bulk of the other end may yield, which waits for each acknowledgement then.
  mutating func noteArrival(
    number: UInt64, size: Int = 0, eliciting: Bool, isUrgent: Bool = false, options: SessionOptions, now: UInt64
  ) {
    let inOrder = number == received.next
    if number >= received.next { largestArrivedAt = now }
    received.insert(number)
    guard eliciting else { return }
    unacknowledged += 1
    unacknowledgedBytes += size
    if unacknowledged >= options.acknowledgementPackets
      || unacknowledgedBytes >= (isUrgent ? options.urgentAcknowledgementBytes : options.acknowledgementBytes)
      || (!streamLike && !inOrder)
    {
      acknowledgeAt = 0
    } else if acknowledgeAt == .max {
      acknowledgeAt = now + options.acknowledgementDelay
    }
  }

  mutating func noteAcknowledgementSent() {
    unacknowledged = 0
    unacknowledgedBytes = 0
    acknowledgeAt = .max
  }

  /// When the suspicion, probe or loss timer of this lane runs out.
  func deadline(options: SessionOptions, acknowledgedAt: UInt64) -> UInt64 {
    var at = acknowledgeAt
    guard sent.outstanding > 0 else { return at }
    at = min(at, suspicionDeadline(options, acknowledgedAt: acknowledgedAt))
    if !streamLike {
      at = min(at, lossTime)
      at = min(at, probeDeadline(options))
    }
    return at
  }

  func suspicion(_ options: SessionOptions) -> UInt64 {
    max(3 * roundTrip.smoothed, options.suspectAfter)
  }

  /// When the link is under suspicion for this lane. While other lanes make progress (`acknowledgedAt`) it is the lane
  /// that is stuck, for the other end does not read it, and not the link; but not for ever, as other links could help.
  func suspicionDeadline(_ options: SessionOptions, acknowledgedAt: UInt64) -> UInt64 {
    let since = max(progressAt, suspectedAt)
    let patience = suspicion(options)
    return min(max(since, acknowledgedAt) + patience, since + max(patience, options.deadAfter))
  }

  func probeDeadline(_ options: SessionOptions) -> UInt64 {
    lastElicitingAt
      + roundTrip.probeTimeout(maximumDelay: options.acknowledgementDelay) << UInt64(min(probes, 6))
  }
}
