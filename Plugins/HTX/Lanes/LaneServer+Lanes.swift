// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXTCP

/// What becomes of requests for lanes.
extension LaneServer {
  /// The outcome of a ticket that was waited for: lanes may be opened from now on, or never.
  ///
  /// - Parameter leavesPages: whether requests for pages wait for `answerLate` where a lane was opened: the other end has
  ///   use for the lane's answer alone.
  public func settle(admitted: Bool, leavesPages: Bool = false) {
    guard isSettling else { return }
    isSettling = false
    isAdmitted = admitted
    heldLanes = 0
    guard let connection else { return }
    if admitted { connection.trust() }
    for stream in exchanges.keys.sorted() {
      guard let exchange = exchanges[stream], exchange.isHeld else { continue }
      exchanges[stream]?.isHeld = false
      if admitted, exchange.lane != nil, let head = exchange.head, openLane(connection, stream, head) {
        fieldBytes -= exchange.headBytes
        exchanges[stream] = nil
      } else {
        late.append(stream)
      }
    }
    if openLanes == 0 || !leavesPages { answerLate() }
  }

  /// Answers what `settle` has left.
  public func answerLate() {
    guard let connection else { return }
    for stream in late { answer(connection, stream) }
    late = []
  }

  /// A lane that was asked for behind a good ticket waits for it, each lane once. Nobody else is kept waiting: a lane that
  /// comes before its ticket is answered as a stranger's, and asked for again.
  func holdLane(_ stream: Int64, _ head: HTTP3Head) -> Bool {
    guard let lane = Self.lane(head), heldLanes & 1 << UInt8(lane) == 0 else { return false }
    heldLanes |= 1 << UInt8(lane)
    exchanges[stream] = Exchange(head, lane: lane)
    return true
  }

  /// The lane that a head asks for.
  private static func lane(_ head: HTTP3Head) -> Int? {
    head.has(":method", "POST") ? head.first(":path") { LaneNumbers.lane($0) } ?? nil : nil
  }

  func lane(of stream: Int64) -> Int? { streamOf.firstIndex(of: stream) }

  func openLane(_ connection: HTTP3Connection, _ stream: Int64, _ head: HTTP3Head) -> Bool {
    guard let lane = Self.lane(head), openLanes & 1 << UInt8(lane) == 0, !isOver else { return false }
    streamOf[lane] = stream
    openLanes |= 1 << UInt8(lane)
    connection.widen(stream, by: max(0, Int(LaneNumbers.window) - streamWindow))
    if head.has(LaneNumbers.paddingBytes.name, LaneNumbers.paddingBytes.value) { handler?.mayPad() }
    if lane == 0, openLanes == 1, head.has(LaneNumbers.laterBytes.name, LaneNumbers.laterBytes.value) {
      opensLater = true
      expectedLanes = 1
    } else if lane > 0 {
      expectedLanes = LaneNumbers.all
    }
    let known = handler?.takesPadding == true ? LaneFields.paddedAnswer : LaneFields.plainAnswer
    _ = connection.answer(stream, lane == 0 && opensLater ? known.later : known.full, hasBody: true)
    if opensLater ? lane == 0 : openLanes == LaneNumbers.all { handler?.opened() }
    return true
  }

  /// The client has said that it has asked for the rest: the link has not ended before they have, too.
  public func expectRest() { expectedLanes = LaneNumbers.all }

  /// The lane has something to send again.
  public func resume(_ lane: Int) {
    if streamOf[lane] >= 0 { connection?.resume(streamOf[lane]) }
  }

  /// Bytes of a lane that were kept back are gone: the other end gets credit for them.
  public func consume(_ lane: Int, _ count: Int) {
    if streamOf[lane] >= 0 { connection?.consume(streamOf[lane], count) }
  }

  /// The link has ended in order when all lanes have: what is still on its way on others is not lost.
  func laneEnded(_ lane: Int) {
    endedLanes |= 1 << UInt8(lane)
    if endedLanes == expectedLanes { end(.closed) }
  }

  func end(_ end: LaneEnd) {
    guard !isOver else { return }
    isOver = true
    handler?.ended(end)
  }
}
