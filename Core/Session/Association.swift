// SPDX-License-Identifier: Apache-2.0

import MeshCrypto

/// What one finished handshake on a link gives: keys, receiver indexes and lanes.
///
/// A link has one; during a fresh handshake it has two for a moment, and the older one only receives and acknowledges.
final class Association {
  let receiverBase: UInt32
  let peerReceiverBase: UInt32
  let lanes: UnsafeMutablePointer<Lane>
  let laneCount: Int
  var cipher: LinkCipher
  let establishedAt: UInt64
  /// When this side begins a fresh handshake; never on the side with the larger name, which waits for the other.
  var refreshAt: UInt64 = .max
  /// The dialling side: data may go out only after the other side has confirmed.
  var confirmed: Bool
  /// The answering side owes the dialler its confirmation.
  var helloPending: Bool
  /// The dialler has acknowledged the confirmation. Until then only lane 0 is used: other lanes could overtake it.
  var helloAcknowledged: Bool
  /// Bulk and background let others pass until then.
  private(set) var urgentUntil: UInt64 = 0
  /// The shortest round trip that any lane has seen.
  private(set) var pathRoundTrip: UInt64 = .max
  private var pathRoundTripAt: UInt64 = 0

  init(
    cipher: consuming LinkCipher, receiverBase: UInt32, peerReceiverBase: UInt32, initiator: Bool,
    characteristics: LinkCharacteristics, options: SessionOptions, now: UInt64
  ) {
    self.cipher = cipher
    self.receiverBase = receiverBase
    self.peerReceiverBase = peerReceiverBase
    laneCount = characteristics.lanes
    lanes = .allocate(capacity: laneCount)
    for index in 0..<laneCount {
      (lanes + index).initialize(
        to:
          Lane(index: index, characteristics: characteristics, orderedInFlight: options.orderedInFlight))
    }
    establishedAt = now
    confirmed = !initiator
    helloPending = !initiator
    helloAcknowledged = initiator
  }

  deinit {
    lanes.deinitialize(count: laneCount)
    lanes.deallocate()
  }

  /// The handshake is the first sample of the round trip.
  func noteHandshake(roundTrip: UInt64) {
    for index in 0..<laneCount { lanes[index].roundTrip.sample(roundTrip, acknowledgementDelay: 0) }
  }

  func lane(of trafficClass: TrafficClass, open: LaneSet) -> Int {
    let lane = min(Int(trafficClass.rawValue), laneCount - 1)
    return helloAcknowledged && open.contains(LaneSet(lane: lane)) ? lane : 0
  }

  /// Keeps the shortest round trip of all lanes, which is forgotten now and then, for paths change.
  func notePath(roundTrip: UInt64, now: UInt64) {
    guard roundTrip <= pathRoundTrip || now >= pathRoundTripAt + 30_000_000_000 else { return }
    pathRoundTrip = roundTrip
    pathRoundTripAt = now
  }

  /// An urgent packet came or went: its answer, or the next one, finds bulk yielding.
  func noteUrgent(options: borrowing SessionOptions, now: UInt64) {
    let round = pathRoundTrip == .max ? 0 : pathRoundTrip
    urgentUntil = now + max(options.urgentFor, 2 * min(round, 1_000_000_000))
  }

  /// Opens a data packet in place. Nil when it is a replay, not authentic or not for this association.
  func open(_ packet: UnsafeMutableRawBufferPointer, header: PacketHeader, now: UInt64) -> (
    lane: Int, frames: UnsafeRawBufferPointer
  )? {
    let lane = Int(header.receiver & 7)
    guard header.receiver & ~7 == receiverBase, lane < laneCount, lanes[lane].received.accepts(header.number),
      cipher.open(header: header, lane: lane, packet: packet, now: now)
    else { return nil }
    return (
      lane, UnsafeRawBufferPointer(rebasing: packet[PacketHeader.length..<packet.count - PacketHeader.tagLength])
    )
  }

  /// Takes the next key when the current one is used up, and the peer has seen it and will need none older than that:
  /// it keeps one key back. Lanes on which nothing shows that yet are asked.
  func renewKeys(options: SessionOptions, now: UInt64) {
    guard cipher.isPhaseUsedUp(options, now: now) else { return }
    var isReady = cipher.isPhaseConfirmed
    if !isReady, !hasOutstanding { lanes[0].probeNeeded = true }
    for index in 0..<laneCount where lanes[index].lagsBehindPhase {
      isReady = false
      if lanes[index].sent.outstanding == 0 { lanes[index].probeNeeded = true }
    }
    guard isReady else { return }
    cipher.advanceSendPhase(now: now)
    for index in 0..<laneCount { lanes[index].phaseStart = lanes[index].sent.next }
  }

  /// True while something that must be acknowledged is in flight.
  var hasOutstanding: Bool {
    for index in 0..<laneCount where lanes[index].sent.outstanding > 0 { return true }
    return false
  }

  var acknowledgementDue: Bool {
    for index in 0..<laneCount where lanes[index].acknowledgementDue { return true }
    return false
  }

  /// Whether something other than frames of the upper layer may have to be sent.
  var owesPacket: Bool {
    if helloPending { return true }
    for index in 0..<laneCount where lanes[index].acknowledgementDue || lanes[index].probeNeeded { return true }
    return false
  }

  func deadline(options: SessionOptions, acknowledgedAt: UInt64) -> UInt64 {
    var at = UInt64.max
    for index in 0..<laneCount { at = min(at, lanes[index].deadline(options: options, acknowledgedAt: acknowledgedAt)) }
    return at
  }

  /// When the acknowledgements that wait are due.
  var acknowledgementDeadline: UInt64 {
    var at = UInt64.max
    for index in 0..<laneCount { at = min(at, lanes[index].acknowledgeAt) }
    return at
  }

  /// Everything in flight, oldest first within a lane, handed to `body` and forgotten.
  func abandon(_ body: (FrameRecord) -> Void) {
    for index in 0..<laneCount {
      while lanes[index].sent.first < lanes[index].sent.next {
        let number = lanes[index].sent.first
        if let packet = lanes[index].sent.outstandingPacket(number) {
          for record in 0..<UInt64(packet.recordCount) { body(lanes[index].sent.record(packet.firstRecord + record)) }
        }
        lanes[index].sent.settle(number)
      }
    }
  }
}
