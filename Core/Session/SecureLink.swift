// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

/// One link as the session layer sees it: a handshake, then keys and lanes, and how healthy it is.
public final class SecureLink {
  /// How far a link has come.
  public enum State: UInt8, Sendable {
    case handshaking, up, suspect, closed
  }

  /// The id that the caller gave it.
  public let id: UInt64
  /// The peer that was dialled, or nil for an incoming link.
  public let dialled: NodeID?
  /// What it can carry.
  public internal(set) var characteristics: LinkCharacteristics
  /// Bytes of frames that fit into one of its packets.
  public var frameRoom: Int { characteristics.mtu - PacketHeader.overhead }
  /// How far it has come.
  public internal(set) var state = State.handshaking
  /// The session it belongs to, once both sides have confirmed.
  ///
  /// A weak reference would give the session a side table, and each of its counts would go through it; the cycle ends
  /// with `SessionEndpoint.detach`.
  public internal(set) var session: Session?

  let binding: [UInt8]
  let source: UInt64
  let startedAt: UInt64
  var handshake: LinkHandshake?
  var current: Association?
  /// The association before a fresh handshake, kept until `retirePreviousAt`.
  var previous: Association?
  var retirePreviousAt: UInt64 = .max
  /// Dialled and through the handshake, but not yet confirmed by the peer.
  var upcoming: Association?
  /// The peer's conversation this link was confirmed for.
  var conversation: UInt64 = 0

  /// Handshake datagrams that wait to be sent.
  var outbox: [[UInt8]] = []
  var repeatAt: UInt64 = .max
  var repeats: UInt64 = 0

  /// The session, before the peer has confirmed.
  var pendingSession: Session?

  /// The session without a count, for calls during which the link cannot lose it.
  var unretainedSession: Unmanaged<Session>? {
    session.map { Unmanaged.passUnretained($0) } ?? pendingSession.map { Unmanaged.passUnretained($0) }
  }
  /// Message 3, until the peer confirms.
  var unconfirmedMessage3: [UInt8]?
  /// On lossy links, the first message that was answered: a repetition gets the same answer.
  var answeredMessage1: [UInt8]?
  var unknownAnsweredAt: UInt64 = 0
  /// The peer was refused; the link goes when it has had time to hear so.
  var refuseAt: UInt64 = .max
  /// Why it was refused.
  var refusal = SessionError.refused

  /// Told to close: nothing new goes out, and it is closed when all is acknowledged or `drainUntil` has come.
  public internal(set) var isDraining = false
  var drainUntil: UInt64 = .max
  /// When it became suspect.
  var suspectAt: UInt64 = 0
  var lastReceivedAt: UInt64
  /// The last time something was acknowledged, on any lane.
  var acknowledgedAt: UInt64 = 0
  var keepAliveAt: UInt64 = .max
  var pingPending = false
  var closeCode: UInt64?
  /// Bytes and packets, both directions, for the metrics and `why`.
  public internal(set) var counters = Counters()

  /// When its entry in the timer queue is due.
  var scheduledAt: UInt64 = .max
  /// Its next entry after that, which need not be pushed again.
  var scheduledNext: UInt64 = .max
  var isDirty = false

  /// Totals since the link came up.
  public struct Counters: Sendable {
    /// Packets written.
    public var packetsSent: UInt64 = 0
    /// Packets taken in, whatever became of them.
    public var packetsReceived: UInt64 = 0
    /// Bytes of packets written.
    public var bytesSent: UInt64 = 0
    /// Bytes of packets taken in.
    public var bytesReceived: UInt64 = 0
    /// Packets declared lost.
    public var packetsLost: UInt64 = 0
    /// Packets that were replays, not authentic, or not understood.
    public var refused: UInt64 = 0
  }

  init(
    id: UInt64, dialled: NodeID?, characteristics: LinkCharacteristics, binding: [UInt8], source: UInt64, now: UInt64
  ) {
    self.id = id
    self.dialled = dialled
    self.characteristics = characteristics
    self.binding = binding
    self.source = source
    startedAt = now
    lastReceivedAt = now
  }

  /// The other node, once known.
  public var peer: NodeID? { session?.peer ?? dialled }

  /// Smoothed round trip in nanoseconds, 0 until measured: the smallest of its lanes.
  public var roundTrip: UInt64 {
    guard let current else { return 0 }
    var best = UInt64.max
    for index in 0..<current.laneCount where current.lanes[index].roundTrip.measured {
      best = min(best, current.lanes[index].roundTrip.smoothed)
    }
    return best == .max ? 0 : best
  }

  /// Key changes since the link came up.
  public var rekeys: UInt64 { current?.cipher.rekeys ?? 0 }

  /// Bytes sent and not yet acknowledged.
  public var bytesInFlight: UInt64 {
    guard let current else { return 0 }
    var sum: UInt64 = 0
    for index in 0..<current.laneCount { sum += current.lanes[index].sent.bytesInFlight }
    return sum
  }

  /// A handshake, the first or a fresh one, is under way.
  var isUnfinished: Bool { handshake != nil || upcoming != nil || state == .handshaking }

  func association(receiver: UInt32) -> Association? {
    let base = receiver & ~7
    if let current, current.receiverBase == base { return current }
    if let previous, previous.receiverBase == base { return previous }
    if let upcoming, upcoming.receiverBase == base { return upcoming }
    return nil
  }

  /// Fit for data: confirmed, and not under suspicion.
  var isUsable: Bool { state == .up && !isDraining && current?.confirmed == true }

  func deadline(options: SessionOptions) -> UInt64 {
    var at = min(repeatAt, retirePreviousAt, refuseAt, drainUntil)
    if isUnfinished { at = min(at, handshakeStartedAt + options.handshakeTimeout) }
    if state == .suspect { at = min(at, suspectAt + options.deadAfter) }
    if let current {
      at = min(at, current.deadline(options: options, acknowledgedAt: acknowledgedAt))
      at = min(at, keepAliveAt)
      at = min(at, current.refreshAt)
    }
    if let previous { at = min(at, previous.acknowledgementDeadline) }
    return at
  }

  var handshakeStartedAt: UInt64 = 0
}
