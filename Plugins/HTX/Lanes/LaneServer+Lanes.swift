// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXTCP

/// What becomes of requests for lanes.
extension LaneServer {
  /// The outcome of a ticket that was waited for: lanes may be opened from now on, or never.
  public func settle(admitted: Bool) {
    guard isSettling else { return }
    isSettling = false
    isAdmitted = admitted
    heldLanes = 0
    guard let connection else { return }
    for stream in exchanges.keys.sorted() {
      guard let exchange = exchanges[stream], exchange.isHeld else { continue }
      exchanges[stream]?.isHeld = false
      if admitted, exchange.lane != nil, openLane(connection, stream, exchange.request) {
        fieldBytes -= exchange.request.headBytes
        exchanges[stream] = nil
      } else {
        answer(connection, stream)
      }
    }
  }

  /// A lane that was asked for behind a good ticket waits for it, each lane once. Nobody else is kept waiting: a lane that
  /// comes before its ticket is answered as a stranger's, and asked for again.
  func holdLane(_ stream: Int64, _ request: WebRequest) {
    guard request.method == "POST", let lane = LaneNumbers.lane(request.target),
      heldLanes & 1 << UInt8(lane) == 0
    else { return }
    heldLanes |= 1 << UInt8(lane)
    exchanges[stream]?.lane = lane
    exchanges[stream]?.isHeld = true
  }

  func openLane(_ connection: HTTP3Connection, _ stream: Int64, _ request: WebRequest) -> Bool {
    guard request.method == "POST", let lane = LaneNumbers.lane(request.target),
      openLanes & 1 << UInt8(lane) == 0, !isOver
    else { return false }
    laneOf[stream] = lane
    streamOf[lane] = stream
    openLanes |= 1 << UInt8(lane)
    connection.widen(stream, by: max(0, Int(LaneNumbers.window) - streamWindow))
    if request.takesPadding { handler?.mayPad() }
    let fields = LaneNumbers.fields(takesPadding: handler?.takesPadding == true)
    _ = connection.answer(
      stream, [HTTPField(":status", "200")] + fields.map { HTTPField($0.0, $0.1) }, hasBody: true)
    if openLanes == LaneNumbers.all { handler?.opened() }
    return true
  }

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
    if endedLanes == LaneNumbers.all { end(.closed) }
  }

  func end(_ end: LaneEnd) {
    guard !isOver else { return }
    isOver = true
    handler?.ended(end)
  }
}
