// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTickets

/// The server's side of one HTTP/3 connection: the site for everybody, and lanes for whoever showed a ticket. The same
/// rules as over HTTP/2 (`ServerConnection`), where they are explained.
public final class LaneServer: HTTP3Handler {
  /// Requests of one connection, as small servers limit them.
  private static let requestLimit = 1000
  /// Bytes of fields of all requests under way.
  private static let fieldLimit = 524_288
  /// Bytes of a body that may arrive before they are taken, before a ticket; what `EndpointOptions.streamWindow` is.
  public static let visitorWindow = 65_536

  /// A request that is not over.
  final class Exchange {
    var request: WebRequest
    /// What `request` is read from when it is wanted: of a lane it never is, and of a page when that is answered.
    var head: HTTP3Head?
    let headBytes: Int
    var body = LentBody()
    var isAnswered = false
    /// It waits until a ticket is settled.
    var isHeld = false
    /// The lane that it becomes when that ticket is admitted.
    var lane: Int?

    /// One for the site.
    init(_ request: WebRequest, headBytes: Int) {
      (self.request, self.headBytes) = (request, headBytes)
    }

    /// One without a body, or for a lane, for which it waits.
    init(_ head: HTTP3Head, lane: Int?) {
      (request, headBytes, isHeld) = (WebRequest(), head.fieldBytes, lane != nil)
      (self.head, self.lane) = (head, lane)
    }

    /// What may be a ticket, once the body is whole.
    var candidates: [String] {
      guard let head else { return request.candidates }
      var cookies: [String] = []
      head.forEach { name, value in
        if name.elementsEqual("cookie".utf8) { cookies.append(String(decoding: value, as: UTF8.self)) }
      }
      return TicketCandidates.find(target: head.first(":path") ?? "", cookies: cookies, form: nil)
    }

    /// It is for the site.
    func leaveLane() {
      lane = nil
      guard let head else { return }
      request = LaneServer.read(head)
      self.head = nil
    }
  }

  private let site: Site
  var handler: LaneLender? { didSet { lender = handler.map { .passUnretained($0) } } }
  /// The same, for calls of each packet, which count no reference to it: it is not let go in one.
  private var lender: Unmanaged<LaneLender>?
  private let clock: () -> Int64
  /// What the client may send on a stream before any of it is taken, as it was told.
  let streamWindow: Int
  /// Keeps this alive, and says when it ends; a weak reference would slow down every use of it.
  unowned(unsafe) var connection: HTTP3Connection?
  var exchanges: [Int64: Exchange] = [:]
  /// -1 for lanes without a stream.
  var streamOf = [Int64](repeating: -1, count: LaneNumbers.count)
  /// Lanes that were opened, and those that the other end has ended, a bit for each.
  var openLanes: UInt8 = 0
  var endedLanes: UInt8 = 0
  /// The link is up with lane 0 alone; the client asks for the others when either end needs them.
  public internal(set) var opensLater = false
  /// Lanes that have ended when a link has, a bit for each.
  var expectedLanes = LaneNumbers.all
  private var requests = 0
  var fieldBytes = 0
  var isAdmitted = false
  var isSettling = false
  /// Lanes that wait for the ticket that is being settled, a bit for each.
  var heldLanes: UInt8 = 0
  var isOver = false
  /// Requests for pages whose answers wait for `answerLate`.
  var late: [Int64] = []
  private let budget: LentBudget
  /// Bytes of answers that are lent.
  private var held = 0
  /// Answers that wait for others to be acknowledged.
  private var waiting: Set<Int64> = []
  /// Answers that are not over, and bytes of bodies that went by in either direction.
  private var answering = 0
  private var bytesMoved: UInt64 = 0

  /// A connection that serves `site` and asks and tells `handler`, which it holds until its end or `leave`.
  ///
  /// - Parameters:
  ///   - budget: what it shares with the other visitors of the site.
  ///   - streamWindow: bytes of a stream that may arrive before they are taken, as clients are told.
  ///   - clock: Unix seconds.
  public init(
    _ site: Site, _ handler: LaneLender, budget: LentBudget = LentBudget(), streamWindow: Int = visitorWindow,
    clock: @escaping () -> Int64
  ) {
    self.site = site
    self.budget = budget
    self.streamWindow = streamWindow
    self.handler = handler
    lender = .passUnretained(handler)
    self.clock = clock
  }

  deinit { release() }

  /// Gives the memory of all answers back.
  private func release() {
    for exchange in exchanges.values { exchange.body.end() }
    exchanges = [:]
    hold(-held)
  }

  /// How far a visitor has come; nothing that is neither a request nor bytes of one counts.
  public var progress: VisitorProgress {
    let open = connection?.requestsOpen ?? 0
    let activity: VisitorActivity =
      if open > exchanges.count + (streamOf.count { $0 >= 0 }) { .head } else if answering > 0 || isSettling {
        .answer
      } else {
        exchanges.isEmpty ? .idle : .body
      }
    return VisitorProgress(activity: activity, requests: connection?.requestsBegun ?? 0, bytes: bytesMoved)
  }

  /// Whether `answerLate` has something to answer.
  public var hasLateAnswers: Bool { !late.isEmpty }

  /// Whether the client has asked for every lane.
  public var hasAllLanes: Bool { openLanes == LaneNumbers.all }

  public override func opened(_ connection: HTTP3Connection) { handler?.arrived() }

  public override func began(_ connection: HTTP3Connection, stream: Int64) {
    if !isAdmitted { handler?.moved() }
  }

  /// The HTTP/3 connection below it.
  public func makeConnection(requestStreams: UInt32, settings: [HTTP3Setting]? = nil) -> HTTP3Connection {
    var limits = HTTP3Limits()
    limits.settings = settings
    let made = HTTP3Connection(isServer: true, self, limits, requestStreams: requestStreams)
    connection = made
    return made
  }

  /// Tells the handler nothing any more.
  public func leave() { handler = nil }

  public override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    guard exchanges[stream] == nil, lane(of: stream) == nil else { return }
    requests += 1
    if requests == Self.requestLimit { connection.goAway() }
    // A lane that comes later may have nothing to say before the link's goodbye.
    if isAdmitted, !isFinal || opensLater, openLane(connection, stream, head) { return }
    let isHeld = isSettling && !isFinal && holdLane(stream, head)
    if !isHeld {
      exchanges[stream] = isFinal ? Exchange(head, lane: nil) : Exchange(Self.read(head), headBytes: head.fieldBytes)
    }
    handler?.moved()
    fieldBytes += head.fieldBytes
    guard requests <= Self.requestLimit + 100, fieldBytes <= Self.fieldLimit else { return connection.close() }
    // Small servers do not wait for bodies that they have no use for.
    if !isHeld, isFinal || exchanges[stream]?.request.mayHoldTicket == false { finish(connection, stream) }
  }

  /// What nginx would not have read is a bad request.
  private static func read(_ head: HTTP3Head) -> WebRequest {
    var request = WebRequest()
    head.forEach { if request.take($0, $1) != .taken { request.isBad = true } }
    request.finishHead()
    if head.isTooLarge { request.isBad = true }
    return request
  }

  public override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    if let lane = lane(of: stream) {
      return lender?._withUnsafeGuaranteedRef { $0.received(lane, bytes) } ?? bytes.count
    }
    bytesMoved &+= UInt64(bytes.count)
    handler?.moved()
    guard exchanges[stream]?.isAnswered == false else { return bytes.count }
    // The other end cannot know yet that this is a lane: what comes on it is for the site.
    exchanges[stream]?.leaveLane()
    exchanges[stream]?.request.addBody(bytes)
    if exchanges[stream]?.request.mayHoldTicket == false { finish(connection, stream) }
    return bytes.count
  }

  public override func ended(_ connection: HTTP3Connection, stream: Int64) {
    if let lane = lane(of: stream) { return laneEnded(lane) }
    if exchanges[stream]?.lane != nil { exchanges[stream]?.leaveLane() }
    finish(connection, stream)
  }

  public override func closed(_ connection: HTTP3Connection, stream: Int64, error: UInt64) {
    if let exchange = exchanges.removeValue(forKey: stream) {
      fieldBytes -= exchange.headBytes
      if exchange.isAnswered { answering -= 1 }
      hold(-exchange.body.held)
      exchange.body.end()
      waiting.remove(stream)
      resumeWaiting()
    }
    handler?.moved()
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
    guard let before = exchanges[stream]?.body.held else { return .broken }
    guard held < budget.share else {
      waiting.insert(stream)
      return .wait
    }
    let outcome = exchanges[stream]?.body.fill(vectors) ?? .broken
    hold((exchanges[stream]?.body.held ?? 0) - before)
    return outcome
  }

  private func hold(_ count: Int) {
    held += count
    budget.add(count)
  }

  /// There may be room for answers that wait.
  private func resumeWaiting() {
    guard !waiting.isEmpty, held < budget.share else { return }
    for stream in waiting { connection?.resume(stream) }
    waiting = []
  }

  public override func acknowledged(_ connection: HTTP3Connection, stream: Int64, count: UInt64) {
    if let lane = lane(of: stream) { lender?._withUnsafeGuaranteedRef { $0.acknowledged(lane, Int(count)) } }
    guard let before = exchanges[stream]?.body.held else { return }
    exchanges[stream]?.body.acknowledged(Int(count))
    hold((exchanges[stream]?.body.held ?? 0) - before)
    bytesMoved &+= count
    resumeWaiting()
    handler?.moved()
  }

  /// The request is whole, or enough of it is known.
  private func finish(_ connection: HTTP3Connection, _ stream: Int64) {
    guard let exchange = exchanges[stream], !exchange.isAnswered, !exchange.isHeld, !late.contains(stream) else {
      return
    }
    if !isAdmitted, !isSettling, case .wait? = handler?.judge(exchange.candidates) {
      isSettling = true
      exchanges[stream]?.isHeld = true
      return
    }
    answer(connection, stream)
  }

  func answer(_ connection: HTTP3Connection, _ stream: Int64) {
    exchanges[stream]?.leaveLane()
    guard let request = exchanges[stream]?.request else { return }
    let response = request.answer(site, clock())
    exchanges[stream]?.body = LentBody(response.body)
    exchanges[stream]?.isAnswered = true
    answering += 1
    let fields = [HTTPField(":status", "\(response.status)")] + response.fields.map { HTTPField($0.name, $0.value) }
    _ = connection.answer(stream, fields, hasBody: response.body.count > 0)
  }

  public override func heldUp(_ connection: HTTP3Connection, stream: Int64, _ isHeldUp: Bool) {
    if let lane = lane(of: stream) { handler?.heldUp(lane, isHeldUp) }
  }

  public override func over(_ connection: HTTP3Connection, _ reason: CloseReason) {
    self.connection = nil
    handler?.over(reason)
    handler = nil
    release()
  }
}
