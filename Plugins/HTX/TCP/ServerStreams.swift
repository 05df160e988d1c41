// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets

/// The streams of a server's connection.
final class ServerStreams: HTTP2Events {
  /// Requests of one connection, as small servers limit them.
  private static let requestLimit = 1000
  /// Bytes of fields of all requests under way.
  private static let fieldLimit = 524_288

  private struct Exchange {
    var request = WebRequest()
    var body = SiteBody.none
    var position: Int64 = 0
    var isAnswered = false
    /// A body follows the head.
    var hasBody = false
    /// A field is none.
    var isMalformed = false
    /// It waits until a ticket is settled.
    var isHeld = false
    /// The lane that it becomes when that ticket is admitted.
    var lane: Int?
  }

  unowned(unsafe) var connection: HTTP2Connection!
  private let site: Site
  private unowned(unsafe) let handler: LaneHandler
  private let clock: () -> Int64
  private var exchanges: [Int32: Exchange] = [:]
  private var laneOf: [Int32: Int] = [:]
  private var streamOf = [Int32](repeating: 0, count: LaneNumbers.count)
  /// Lanes that were opened, and those that the other end has ended, a bit for each.
  private var openLanes: UInt8 = 0
  private var endedLanes: UInt8 = 0
  private var requests = 0
  /// Bytes of fields of requests that are under way.
  private var fieldBytes = 0
  /// The stream whose head is not whole; no frame of another may come between (RFC 9113, 6.10).
  private var openHead: Int32?
  /// Streams to be reset, when that is allowed.
  private var malformed: [Int32] = []
  /// A head was larger than is read.
  private(set) var isHeadTooLarge = false
  /// Requests whose answers have not left as a whole.
  private var answering = 0
  private var moved: UInt64 = 0
  private var isAdmitted = false
  private var isSettling = false
  /// Lanes that wait for the ticket that is being settled, a bit for each.
  private var heldLanes: UInt8 = 0
  private var isOver = false

  init(_ site: Site, _ handler: LaneHandler, _ clock: @escaping () -> Int64) {
    self.site = site
    self.handler = handler
    self.clock = clock
  }

  var count: Int { exchanges.count }
  var isOverused: Bool { requests > Self.requestLimit + 100 || fieldBytes > Self.fieldLimit }

  var progress: VisitorProgress {
    let activity: VisitorActivity =
      if openHead != nil { .head } else if answering > 0 || isSettling { .answer } else {
        exchanges.isEmpty ? .idle : .body
      }
    return VisitorProgress(activity: activity, requests: requests, bytes: moved)
  }

  /// Resets what is malformed; not to be called while frames are read.
  func tidy() {
    for stream in malformed { connection.reset(stream, .violated) }
    malformed.removeAll()
  }

  override func begin(_ stream: Int32) {
    requests += 1
    openHead = stream
    exchanges[stream] = Exchange()
    if requests == Self.requestLimit { connection.shut(.none) }
  }

  override func field(_ stream: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard let place = exchanges.index(forKey: stream) else { return }
    // What nobody reads any more is counted for nobody.
    guard !isHeadTooLarge, !exchanges.values[place].isMalformed else { return }
    fieldBytes += name.count + value.count
    switch exchanges.values[place].request.take(name, value) {
    case .taken: break
    case .malformed: exchanges.values[place].isMalformed = true
    case .tooMuch: isHeadTooLarge = true
    }
  }

  override func head(_ stream: Int32, ends: Bool) {
    openHead = nil
    guard let place = exchanges.index(forKey: stream), !isHeadTooLarge else { return }
    guard !exchanges.values[place].isMalformed else {
      malformed.append(stream)
      return
    }
    exchanges.values[place].hasBody = !ends
    exchanges.values[place].request.finishHead()
    let request = exchanges.values[place].request
    if isAdmitted, !ends, openLane(stream, request) { return }
    if isSettling, !ends { holdLane(stream, request) }
    // Small servers do not wait for bodies that they have no use for.
    if ends || !request.mayHoldTicket { finish(stream) }
  }

  override func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) {
    if let lane = laneOf[stream] {
      let taken = handler.received(lane, bytes)
      if taken > 0 { connection.consume(stream, taken) }
      return
    }
    connection.consume(stream, bytes.count)
    moved &+= UInt64(bytes.count)
    guard exchanges[stream]?.isAnswered == false else { return }
    // The other end cannot know yet that this is a lane: what comes on it is for the site.
    exchanges[stream]?.lane = nil
    exchanges[stream]?.request.addBody(bytes)
    if exchanges[stream]?.request.mayHoldTicket == false { finish(stream) }
  }

  override func end(_ stream: Int32) {
    if let lane = laneOf[stream] { return laneEnded(lane) }
    exchanges[stream]?.lane = nil
    finish(stream)
  }

  override func closed(_ stream: Int32, code: UInt32) {
    if openHead == stream { openHead = nil }
    forget(stream)
    guard let lane = laneOf.removeValue(forKey: stream) else { return }
    streamOf[lane] = 0
    if code != 0 || endedLanes & 1 << UInt8(lane) == 0 { over(.reset) }
  }

  private func forget(_ stream: Int32) {
    guard let exchange = exchanges.removeValue(forKey: stream) else { return }
    fieldBytes -= exchange.request.headBytes
    if exchange.isAnswered { answering -= 1 }
  }

  override func fill(_ stream: Int32, _ target: UnsafeMutableRawBufferPointer) -> HTTP2Fill {
    if let lane = laneOf[stream] {
      let count = handler.fill(lane, target)
      if count < 0 { return .last(0) }
      return count > 0 ? .bytes(count) : .wait
    }
    guard let exchange = exchanges[stream] else { return .fail }
    let count = exchange.body.read(at: exchange.position, into: target)
    exchanges[stream]?.position += Int64(count)
    moved &+= UInt64(count)
    if exchange.position + Int64(count) == exchange.body.count { return .last(count) }
    // A file that has become shorter cannot be sent as it was announced.
    return count > 0 ? .bytes(count) : .fail
  }

  /// The request is whole, or enough of it is known.
  private func finish(_ stream: Int32) {
    guard let exchange = exchanges[stream], !exchange.isAnswered, !exchange.isHeld else { return }
    if !isAdmitted, !isSettling, case .wait = handler.judge(exchange.request.candidates) {
      isSettling = true
      exchanges[stream]?.isHeld = true
      return
    }
    answer(stream)
  }

  private func answer(_ stream: Int32) {
    guard let request = exchanges[stream]?.request else { return }
    let response = request.answer(site, clock())
    exchanges[stream]?.body = response.body
    exchanges[stream]?.isAnswered = true
    answering += 1
    connection.answer(
      stream, [(":status", "\(response.status)")] + response.fields.map { ($0.name, $0.value) },
      hasBody: response.body.count > 0, isCut: exchanges[stream]?.hasBody == true)
  }

  func settle(_ admitted: Bool) {
    guard isSettling else { return }
    isSettling = false
    isAdmitted = admitted
    heldLanes = 0
    for stream in exchanges.keys.sorted() {
      guard let exchange = exchanges[stream], exchange.isHeld else { continue }
      exchanges[stream]?.isHeld = false
      if admitted, exchange.lane != nil, openLane(stream, exchange.request) { continue }
      answer(stream)
    }
  }

  /// A lane that was asked for behind a good ticket waits for it, each lane once. Nobody else is kept waiting.
  private func holdLane(_ stream: Int32, _ request: WebRequest) {
    guard request.method == "POST", let lane = LaneNumbers.lane(request.target),
      heldLanes & 1 << UInt8(lane) == 0
    else { return }
    heldLanes |= 1 << UInt8(lane)
    exchanges[stream]?.lane = lane
    exchanges[stream]?.isHeld = true
  }

  private func openLane(_ stream: Int32, _ request: WebRequest) -> Bool {
    guard request.method == "POST", let lane = LaneNumbers.lane(request.target),
      openLanes & 1 << UInt8(lane) == 0, !isOver
    else { return false }
    forget(stream)
    laneOf[stream] = lane
    streamOf[lane] = stream
    openLanes |= 1 << UInt8(lane)
    connection.widen(stream, to: LaneNumbers.window)
    if request.takesPadding { handler.mayPad() }
    connection.answer(
      stream, [(":status", "200")] + LaneNumbers.fields(takesPadding: handler.takesPadding), hasBody: true)
    if openLanes == LaneNumbers.all { handler.opened() }
    return true
  }

  func resume(_ lane: Int) {
    if streamOf[lane] != 0 { connection.resume(streamOf[lane]) }
  }

  func isHeldUp(_ lane: Int) -> Bool { streamOf[lane] != 0 && connection.isHeldUp(streamOf[lane]) }

  func consume(_ lane: Int, _ count: Int) {
    if streamOf[lane] != 0 { connection.consume(streamOf[lane], count) }
  }

  /// The link has ended in order when all lanes have: what is still on its way on others is not lost.
  private func laneEnded(_ lane: Int) {
    endedLanes |= 1 << UInt8(lane)
    if endedLanes == LaneNumbers.all { over(.closed) }
  }

  private func over(_ end: LaneEnd) {
    guard !isOver else { return }
    isOver = true
    handler.ended(end)
  }
}
