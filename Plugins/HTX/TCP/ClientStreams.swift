// SPDX-License-Identifier: Apache-2.0
import HTXTickets

/// The streams of a client's connection.
final class ClientStreams: HTTP2Events {
  unowned(unsafe) var connection: HTTP2Connection!
  private let target: ClientTarget
  private let ticket: IssuedTicket
  private unowned(unsafe) let handler: LaneHandler
  private var ticketStream: Int32 = 0
  private var form: [UInt8] = []
  private var status = 0
  private var isTicketSent = false
  private var hasAsked = false
  private var isTicketAnswered = false
  private var laneOf: [Int32: Int] = [:]
  private var streamOf = [Int32](repeating: 0, count: LaneNumbers.count)
  /// Lanes that were answered as strangers are and may be asked for again, and those that were.
  private var early: Set<Int> = []
  private var askedAgain: Set<Int> = []
  /// Lanes that were opened, and those that the other end has ended, a bit for each.
  private var openLanes: UInt8 = 0
  private var endedLanes: UInt8 = 0
  private var isOver = false

  init(_ target: ClientTarget, _ ticket: IssuedTicket, _ handler: LaneHandler) {
    self.target = target
    self.ticket = ticket
    self.handler = handler
  }

  /// Sends the ticket, and the heads of the lanes right behind it: the server holds them until it has the ticket on disk.
  /// One that does not hold them answers as it answers strangers; it is asked again when it has answered the ticket.
  func begin() -> Bool {
    let text = ticket.text
    let parameter = "\(TicketCarrier.parameter)=\(text)"
    let stream: Int32?
    switch ticket.carrier {
    case .cookie: stream = ask("GET", target.path, [("cookie", "\(target.cookie)=\(text)")])
    case .query: stream = ask("GET", "\(target.path)?\(parameter)", [])
    case .body:
      form = Array(parameter.utf8)
      let fields = [("content-type", "application/x-www-form-urlencoded"), ("content-length", "\(form.count)")]
      stream = ask("POST", target.path, fields, hasBody: true)
    }
    guard let stream else { return false }
    ticketStream = stream
    // Heads go before bodies: behind a form, lanes have to wait until it has gone.
    isTicketSent = form.isEmpty
    return true
  }

  private func ask(_ method: String, _ path: String, _ fields: [(String, String)], hasBody: Bool = false) -> Int32? {
    let pseudo = [(":method", method), (":scheme", "https"), (":authority", target.authority), (":path", path)]
    return connection.ask(pseudo + [("accept", "*/*")] + fields, hasBody: hasBody)
  }

  override func begin(_ stream: Int32) { status = 0 }

  override func field(_ stream: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard name.elementsEqual(":status".utf8) else {
      if laneOf[stream] != nil, name.elementsEqual(LaneNumbers.padding.name.utf8),
        value.elementsEqual(LaneNumbers.padding.value.utf8)
      {
        handler.mayPad()
      }
      return
    }
    status = Int(String(decoding: value, as: UTF8.self)) ?? 0
  }

  override func head(_ stream: Int32, ends: Bool) {
    if stream == ticketStream, ends { ticketAnswered() }
    guard let lane = laneOf[stream] else { return }
    guard status == 200, !ends else { return refused(lane, stream) }
    connection.widen(stream, to: LaneNumbers.window)
    openLanes |= 1 << UInt8(lane)
    if openLanes == LaneNumbers.all, !isOver { handler.opened() }
  }

  override func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) {
    guard let lane = laneOf[stream], !isOver else { return connection.consume(stream, bytes.count) }
    let taken = handler.received(lane, bytes)
    if taken > 0 { connection.consume(stream, taken) }
  }

  override func end(_ stream: Int32) {
    if stream == ticketStream { return ticketAnswered() }
    if let lane = laneOf[stream] { laneEnded(lane) }
  }

  override func closed(_ stream: Int32, code: UInt32) {
    if stream == ticketStream, !isTicketAnswered { over(.reset) }
    guard let lane = laneOf.removeValue(forKey: stream) else { return }
    streamOf[lane] = 0
    if code != 0 || endedLanes & 1 << UInt8(lane) == 0 { over(.reset) }
  }

  override func fill(_ stream: Int32, _ space: UnsafeMutableRawBufferPointer) -> HTTP2Fill {
    if let lane = laneOf[stream] {
      let count = handler.fill(lane, space)
      if count < 0 { return .last(0) }
      return count > 0 ? .bytes(count) : .wait
    }
    // Nothing more is said on a lane that was refused.
    guard stream == ticketStream else { return .last(0) }
    guard space.count >= form.count else { return .fail }
    space.copyBytes(from: form)
    isTicketSent = true
    return .last(form.count)
  }

  /// Asks for the lanes once the ticket has gone; called before frames are sent.
  func askLanes() {
    guard isTicketSent, !hasAsked else { return }
    hasAsked = true
    for lane in 0..<LaneNumbers.count { openLane(lane) }
  }

  private func openLane(_ lane: Int) {
    let fields = LaneNumbers.fields(takesPadding: handler.takesPadding)
    guard let stream = ask("POST", LaneNumbers.target(target.path, lane), fields, hasBody: true) else {
      return over(.violated)
    }
    laneOf[stream] = lane
    streamOf[lane] = stream
  }

  private func refused(_ lane: Int, _ stream: Int32) {
    guard !askedAgain.contains(lane) else { return over(.refused(status)) }
    early.insert(lane)
    laneOf[stream] = nil
    streamOf[lane] = 0
    connection.resume(stream)
    if isTicketAnswered { askAgain() }
  }

  private func ticketAnswered() {
    isTicketAnswered = true
    isTicketSent = true
    askAgain()
  }

  private func askAgain() {
    askedAgain.formUnion(early)
    for lane in early.sorted() { openLane(lane) }
    early.removeAll()
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
