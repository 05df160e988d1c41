// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// Streams and messages of one session, six traffic classes, and flow control at three levels: stream, session and
/// number of streams.
///
/// Sans-I/O: the session asks it to `fill` packets and hands it the frames that arrive. Everything reliable is a
/// stream; a frame is known by its stream's offsets, so that it may be cut again for another link, and twice the same
/// frame does no harm.
public final class Multiplexer: FrameLayer {
  /// The figures it works with.
  public internal(set) var options: MultiplexerOptions
  /// Decides about the peer's streams; without one all are refused. Sets this to nil before it goes, or calls `detach`:
  /// a weak reference would make each of its counts take the slow path.
  public unowned(unsafe) var acceptor: (any StreamAcceptor)?
  /// A number of the owner's, such as the peer it belongs to.
  public var tag: UInt64 = 0
  /// Called when there is something new to send.
  public var wake: () -> Void = {}
  /// Called when `nextDeadline` may have become earlier.
  public var reschedule: () -> Void = {}

  /// Called when a reader has released something; nil unless somebody wants to know.
  public var onRelease: (() -> Void)?

  /// Our streams have this as lowest bit of their id.
  let parity: UInt64
  var peer = PeerParameters()
  /// A handshake has told the peer's parameters; nothing is sent before.
  public internal(set) var isStarted = false
  /// The session has ended: nothing is opened any more.
  public internal(set) var isClosed = false

  var streams: [Stream] = []
  var freeSlots = IndexQueue()
  var slots: [UInt64: UInt32] = [:]
  var lastFound: Stream?
  var nextLocalIndex: UInt64 = 0
  var localLimit: UInt64 = 0
  /// How far readers have come with streams that are gone, and which there were.
  var marks = ReadingMarks()
  /// Indexes of the peer's streams that were ever opened.
  var openedByPeer: RangeSet {
    get { marks.opened }
    _modify { yield &marks.opened }
  }
  /// Messages of streams that are not open yet, of which the reader has a copy.
  var skipsToCome: [MessagePlace] = []
  var closedByPeer: UInt64 = 0
  var advertisedStreams: UInt64 = 0

  var active = [IndexQueue](repeating: IndexQueue(), count: TrafficClass.count)
  var scheduler: ClassScheduler
  var controlQueue = IndexQueue()
  var waitingReleases = IndexQueue()
  var releaseAt: UInt64 = .max
  /// Streams with a message to be told as sent.
  var sentReports = IndexQueue()
  var sentReportsDue = false
  /// Bytes that the streams of each class hold.
  var queued = [Int](repeating: 0, count: TrafficClass.count)
  /// Classes with a stream that was refused.
  var blockedClasses = ClassSet()
  /// Numbers messages that may be dropped, over all streams.
  var lastOrder: UInt64 = 0
  /// When memory that is not used is given back.
  var trimAt: UInt64 = .max
  /// The earliest lifetime that may run out.
  var expiryAt: UInt64 = .max

  /// For `takeUrgency`.
  var hasReceivedUrgent = false

  // Flow control of the session.
  var sessionSent: UInt64 = 0
  var sessionPeerReleased: UInt64 = 0
  var sessionReceived: UInt64 = 0
  var sessionReleased: UInt64 = 0
  var sessionAdvertised: UInt64 = 0
  var sessionReleaseDue = false
  /// Bytes that readers have taken and will release by hand.
  var heldBytes: UInt64 = 0
  var streamLimitDue = false
  /// The stream for whose large message the peer has lent credit: it gets what little there is.
  var favoured: StreamReference?
  /// A rule that the peer broke, found outside `receive`, which throws it next.
  var deferredViolation: SessionError?
  /// The one stream that may hold a message larger than the window.
  var extendedSlot: UInt32?

  /// Totals for the metrics.
  public internal(set) var counters = Counters()

  /// What went through, since the start.
  public struct Counters: Sendable {
    /// Bytes of streams sent for the first time.
    public var bytesSent: UInt64 = 0
    /// Bytes of streams received for the first time.
    public var bytesReceived: UInt64 = 0
    /// Bytes sent again after a loss or a link's death.
    public var bytesRepeated: UInt64 = 0
    /// Bytes that had arrived before and were dropped.
    public var duplicateBytes: UInt64 = 0
    /// Streams opened by either side.
    public var streamsOpened: UInt64 = 0
    /// Messages whose lifetime ran out before delivery was confirmed.
    public var messagesExpired: UInt64 = 0
    /// Messages given up to make room for newer ones.
    public var messagesDropped: UInt64 = 0
    /// Unreliable messages given up before they left.
    public var datagramsDropped: UInt64 = 0
  }

  /// - Parameter opensEven: one side of a session, the one with the smaller name, says true, the other false.
  public init(opensEven: Bool, options: MultiplexerOptions = MultiplexerOptions()) {
    parity = opensEven ? 0 : 1
    self.options = options
    scheduler = ClassScheduler(weights: options.weights)
    advertisedStreams = options.parameters.streams
  }

  // MARK: what the session asks

  /// The classes with something to send; none before the first handshake.
  public var pendingClasses: ClassSet {
    guard isStarted else { return ClassSet() }
    var set: UInt8 = 0
    for index in 0..<TrafficClass.count where !active[index].isEmpty { set |= 1 << UInt8(index) }
    if !controlQueue.isEmpty || sessionReleaseDue || streamLimitDue { set |= 1 }
    return ClassSet(rawValue: set)
  }

  /// The class whose turn it is, by deficit round robin; control first.
  public func nextClass(among classes: ClassSet) -> TrafficClass? {
    scheduler.next(among: pendingClasses.intersection(classes))
  }

  /// When releases are told, the next lifetime runs out, or memory is given back.
  public var nextDeadline: UInt64 { sentReportsDue ? 0 : min(releaseAt, expiryAt, trimAt) }

  /// Tells releases that have waited, tells of messages that were sent, and expires others.
  public func advance(now: UInt64) {
    if sentReportsDue { reportSent() }
    if now >= releaseAt { flushReleases() }
    if now >= expiryAt { expireMessages(now: now) }
    if now >= trimAt { trim(now: now) }
  }

  // MARK: streams

  /// True when nothing waits to be sent or confirmed and no stream is open.
  public var isIdle: Bool {
    slots.isEmpty || streams.allSatisfy { !$0.isOpen || ($0.kind == .messages && $0.ring.isEmpty && !$0.isHeld) }
  }

  /// Whether the peer has not been told yet what was released here.
  public var hasReleasesToTell: Bool { releaseAt != .max || !controlQueue.isEmpty }

  /// The stream, unless the reference has outlived it.
  func stream(_ reference: StreamReference) -> Stream? {
    guard reference.slot < streams.count else { return nil }
    let stream = streams[Int(reference.slot)]
    return stream.isAlive(as: reference) ? stream : nil
  }

  func stream(id: UInt64) -> Stream? {
    if let last = lastFound, last.isOpen, last.id == id { return last }
    guard let slot = slots[id] else { return nil }
    lastFound = streams[Int(slot)]
    return lastFound
  }

  func makeStream(id: UInt64, isLocal: Bool) -> Stream {
    let stream: Stream
    if let slot = freeSlots.popFirst() {
      stream = streams[Int(slot)]
    } else {
      stream = Stream(slot: UInt32(streams.count))
      streams.append(stream)
    }
    stream.id = id
    stream.isOpen = true
    stream.isLocal = isLocal
    slots[id] = stream.slot
    counters.streamsOpened += 1
    return stream
  }

  /// Frees the slot when both halves are done.
  func retireIfDone(_ stream: Stream) {
    guard stream.isOpen, stream.isIdentified || stream.receivingClosed, stream.isSendingDone, stream.isReceivingDone,
      !stream.isDelivering
    else { return }
    // While all is started over, a stream of the new life may have the id already.
    if slots[stream.id] == stream.slot { slots[stream.id] = nil }
    if lastFound === stream { lastFound = nil }
    endExtension(of: stream)
    if !stream.isLocal { noteClosedByPeer() }
    discount(stream)
    stream.recycle()
    freeSlots.append(stream.slot)
  }

  private func noteClosedByPeer() {
    closedByPeer += 1
    if closedByPeer + options.parameters.streams - advertisedStreams >= max(options.parameters.streams / 4, 1) {
      advertisedStreams = closedByPeer + options.parameters.streams
      streamLimitDue = true
      wake()
    }
  }

  // MARK: queues

  /// The stream has bytes for its class's turn.
  func activate(_ stream: Stream) {
    // Streams opened before the first handshake wait for the peer's limit like all others.
    guard isWithinLimit(stream),
      !stream.isQueued || stream.queuedClass != stream.trafficClass
    else { return }
    stream.isQueued = true
    stream.queuedClass = stream.trafficClass
    active[Int(stream.trafficClass.rawValue)].append(stream.slot)
    wake()
  }

  private func isWithinLimit(_ stream: Stream) -> Bool {
    isStarted && (!stream.isLocal || stream.id >> 1 < localLimit)
  }

  /// Lets a stream go that had to wait for the first handshake or for the peer's limit.
  func letGo(_ stream: Stream) {
    activate(stream)
    if stream.resetDue || stream.stopDue { queueControl(stream) }
  }

  /// The stream has a reset, stop or release to tell.
  func queueControl(_ stream: Stream) {
    guard !stream.isControlQueued, isWithinLimit(stream) else { return }
    stream.isControlQueued = true
    controlQueue.append(stream.slot)
    wake()
  }
}
