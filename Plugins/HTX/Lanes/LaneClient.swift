// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC
import HTXTCP
import HTXTickets

/// The dialling side of one HTTP/3 connection: a request with the ticket, one for lane 0, and later on, or at once where the
/// server wants it, one for each other lane.
public final class LaneClient: HTTP3Handler {
  private enum Refusal {
    case none
    /// It came before the ticket, or the other end takes lanes only afterwards.
    case early
    case askedAgain
  }

  private var handler: LaneLender? { didSet { lender = handler.map { .passUnretained($0) } } }
  /// The same, for calls of each packet, which count no reference to it: it is not let go in one.
  private var lender: Unmanaged<LaneLender>?
  /// Keeps this alive, and says when it ends; a weak reference would slow down every use of it.
  private unowned(unsafe) var connection: HTTP3Connection?
  private var target = ClientTarget(authority: "", path: "/", cookie: "")
  private var ticketStream: Int64 = -1
  /// What is lent of the form; its memory stays.
  private var lentForm: UnsafeMutableBufferPointer<UInt8>?
  private var isTicketAnswered = false
  /// -1 for lanes without a stream.
  private var streamOf = [Int64](repeating: -1, count: LaneNumbers.count)
  /// Lanes that were answered as strangers are, and whether they were asked for again.
  private var refusal = [Refusal](repeating: .none, count: LaneNumbers.count)
  /// Lanes that were asked for, those that were opened, and those that the other end has ended, a bit for each.
  private var askedLanes: UInt8 = 0
  private var openLanes: UInt8 = 0
  private var endedLanes: UInt8 = 0
  /// The link is up with lane 0 alone; `openRest` asks for the others.
  public private(set) var opensLater = false
  private var isConfirmed = false
  /// Of the ticket that it is ready to show.
  private var preparedDigest: [UInt8]?
  /// Of the ticket that it has shown.
  public private(set) var ticketDigest: [UInt8]?
  /// What its owner has exported of the TLS session; kept here, as one dial may try several.
  public var exported: [UInt8] = []
  private var isOver = false

  /// A client that asks and tells `handler`, which it holds until its end or `leave`.
  public init(_ handler: LaneLender) {
    self.handler = handler
    lender = .passUnretained(handler)
  }

  deinit { lentForm?.deallocate() }

  /// The HTTP/3 connection below it.
  public func makeConnection() -> HTTP3Connection {
    var limits = HTTP3Limits()
    // Few heads come, and a table costs both ends more than the bytes that it saves.
    (limits.tableCapacity, limits.blockedStreams) = (0, 0)
    let made = HTTP3Connection(isServer: false, self, limits, requestStreams: 0)
    connection = made
    return made
  }

  /// Tells the handler nothing any more.
  public func leave() { handler = nil }

  public override func opened(_ connection: HTTP3Connection) { handler?.reached(self) }

  public override func confirmed(_ connection: HTTP3Connection) { confirm() }

  private func confirm() {
    guard !isConfirmed else { return }
    isConfirmed = true
    handler?.confirmed(self)
  }

  /// Makes what `begin` sends for this ticket, before the connection is open.
  public func prepare(_ target: ClientTarget, _ ticket: IssuedTicket) {
    guard preparedDigest == nil, ticketDigest == nil, connection?.prepare() == true else { return }
    preparedDigest = ticket.digest
    if request(target, ticket) { connection?.writeAhead() }
  }

  /// Sends the ticket, and the head of lane 0 right behind it: the server holds it until it has the ticket on disk. Where it
  /// overtakes the ticket it is answered as a stranger's, and asked for again when the ticket was answered.
  public func begin(_ target: ClientTarget, _ ticket: IssuedTicket) -> Bool {
    ticketDigest = ticket.digest
    guard let preparedDigest else { return request(target, ticket) }
    if preparedDigest == ticket.digest, streamOf[0] >= 0, connection?.sendPrepared() == true { return true }
    connection?.dropPrepared()
    streamOf[0] = -1
    return request(target, ticket)
  }

  private func request(_ target: ClientTarget, _ ticket: IssuedTicket) -> Bool {
    self.target = target
    let text = ticket.text
    let parameter = "\(TicketCarrier.parameter)=\(text)"
    let stream: Int64?
    switch ticket.carrier {
    case .cookie: stream = ask("GET", target.path, [HTTPField("cookie", "\(target.cookie)=\(text)")])
    case .query: stream = ask("GET", "\(target.path)?\(parameter)", [])
    case .body:
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: parameter.utf8.count)
      _ = bytes.initialize(from: parameter.utf8)
      lentForm?.deallocate()
      lentForm = bytes
      let fields = [
        HTTPField("content-type", "application/x-www-form-urlencoded"), HTTPField("content-length", "\(bytes.count)"),
      ]
      stream = ask("POST", target.path, fields, hasBody: true)
    }
    guard let stream else { return false }
    ticketStream = stream
    openLane(0)
    return true
  }

  /// Asks for all lanes that were not asked for. Not to be called from `lend`.
  public func openRest() {
    for lane in 0..<LaneNumbers.count where askedLanes & 1 << UInt8(lane) == 0 { openLane(lane) }
  }

  private func ask(_ method: String, _ path: String, _ fields: [HTTPField], hasBody: Bool = false) -> Int64? {
    let pseudo = [
      HTTPField(":method", method), HTTPField(":scheme", "https"), HTTPField(":authority", target.authority),
      HTTPField(":path", path), HTTPField("accept", "*/*"),
    ]
    return connection?.ask(pseudo + fields, hasBody: hasBody)
  }

  public override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    let status = head.first(":status").flatMap { Int($0) } ?? 0
    guard status >= 200 else { return }
    if stream == ticketStream, isFinal { ticketAnswered() }
    guard let lane = lane(of: stream) else { return }
    // A lane that comes later may be answered when the link is about to end.
    guard status == 200, !isFinal || opensLater && lane > 0 else { return refused(lane, stream, status) }
    if head.has(LaneNumbers.paddingBytes.name, LaneNumbers.paddingBytes.value) { handler?.mayPad() }
    openLanes |= 1 << UInt8(lane)
    if lane == 0 {
      opensLater = head.has(LaneNumbers.laterBytes.name, LaneNumbers.laterBytes.value)
      if !opensLater { openRest() }
    }
    guard opensLater ? lane == 0 : openLanes == LaneNumbers.all, !isOver else { return }
    // The word that the handshake is confirmed may come later than what was asked behind it.
    confirm()
    handler?.opened()
  }

  public override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard let lane = lane(of: stream), !isOver else { return bytes.count }
    confirm()
    return lender?._withUnsafeGuaranteedRef { $0.received(lane, bytes) } ?? bytes.count
  }

  public override func ended(_ connection: HTTP3Connection, stream: Int64) {
    if stream == ticketStream { return ticketAnswered() }
    if let lane = lane(of: stream) { laneEnded(lane) }
  }

  public override func closed(_ connection: HTTP3Connection, stream: Int64, error: UInt64) {
    if stream == ticketStream, !isTicketAnswered { end(.reset) }
    guard let lane = lane(of: stream) else { return }
    streamOf[lane] = -1
    if error != HTTP3Connection.noError || endedLanes & 1 << UInt8(lane) == 0 { end(.reset) }
  }

  public override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    if let lane = lane(of: stream) {
      return lender?._withUnsafeGuaranteedRef { $0.lend(lane, vectors, limit: limit) } ?? .wait
    }
    // Nothing more is said on a lane that was refused.
    guard stream == ticketStream, let lentForm else { return .last(0) }
    vectors[0] = cquic_vector(bytes: lentForm.baseAddress, length: lentForm.count)
    return .last(1)
  }

  public override func acknowledged(_ connection: HTTP3Connection, stream: Int64, count: UInt64) {
    if let lane = lane(of: stream) { lender?._withUnsafeGuaranteedRef { $0.acknowledged(lane, Int(count)) } }
  }

  private func lane(of stream: Int64) -> Int? { streamOf.firstIndex(of: stream) }

  private func openLane(_ lane: Int) {
    askedLanes |= 1 << UInt8(lane)
    let known = handler?.takesPadding == true ? LaneFields.padded : LaneFields.plain
    let fields = lane == 0 ? known.later : known.full
    guard let stream = ask("POST", LaneNumbers.target(target.path, lane), fields, hasBody: true) else {
      return end(.violated)
    }
    streamOf[lane] = stream
  }

  private func refused(_ lane: Int, _ stream: Int64, _ status: Int) {
    guard refusal[lane] == .none else { return end(.refused(status)) }
    refusal[lane] = .early
    streamOf[lane] = -1
    connection?.resume(stream)
    if isTicketAnswered { askAgain(lane) }
  }

  private func askAgain(_ lane: Int) {
    refusal[lane] = .askedAgain
    openLane(lane)
  }

  private func ticketAnswered() {
    guard !isTicketAnswered else { return }
    isTicketAnswered = true
    for lane in 0..<LaneNumbers.count where refusal[lane] == .early { askAgain(lane) }
  }

  public override func heldUp(_ connection: HTTP3Connection, stream: Int64, _ isHeldUp: Bool) {
    if let lane = lane(of: stream) { handler?.heldUp(lane, isHeldUp) }
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
  private func laneEnded(_ lane: Int) {
    endedLanes |= 1 << UInt8(lane)
    if endedLanes == askedLanes { end(.closed) }
  }

  private func end(_ end: LaneEnd) {
    guard !isOver else { return }
    isOver = true
    confirm()
    handler?.ended(end)
  }

  public override func over(_ connection: HTTP3Connection, _ reason: CloseReason) {
    self.connection = nil
    if isConfirmed { handler?.over(reason) } else { handler?.missed(self, reason) }
    handler = nil
  }
}
