// SPDX-License-Identifier: Apache-2.0
import CHTTP3
import CQUIC
import HTXQUIC

/// HTTP/3 on one QUIC connection, for either end.
public final class HTTP3Connection: ConnectionHandler {
  /// The name of the protocol in TLS.
  public static let applicationProtocol = "h3"
  /// The error codes that owners use (RFC 9114, 8.1).
  public static let noError = UInt64(CHTTP3_NO_ERROR)
  /// Something is wrong at this end.
  public static let internalError = UInt64(CHTTP3_INTERNAL_ERROR)
  /// A stream that its owner wants no more.
  public static let requestCancelled = UInt64(CHTTP3_REQUEST_CANCELLED)

  /// Whether this end answers.
  public let isServer: Bool
  /// The QUIC connection; nil before its beginning and after its end.
  public private(set) var connection: Connection?
  /// The stream that is being read, or -1, and what of it was taken meanwhile: its credit is given at once for both.
  private var readStream: Int64 = -1
  private var taken = 0

  let handler: HTTP3Handler
  let limits: HTTP3Limits
  var raw: OpaquePointer?
  /// The same after the end: to free it takes longer than what is urgent then.
  private var spent: OpaquePointer?
  /// The head that is being read, and of which stream; -1 between heads.
  var head = HTTP3Head()
  var headStream: Int64 = -1
  /// What all heads count that are not whole.
  var unfinished = 0
  /// Others that have begun.
  var waitingHeads: [Int64: HTTP3Head] = [:]
  /// Streams whose body broke, to be reset when that is allowed.
  var broken: [Int64] = []
  private(set) var isOpen = false
  private(set) var isOver = false
  /// Requests that the other end has begun, whether or not their heads have come.
  public private(set) var requestsBegun = 0
  /// Those of them that are not over.
  public private(set) var requestsOpen = 0
  private var resets = 0
  private var answers = 0
  var requestLimit: UInt64
  private var settingsReader: HTTP3SettingsReader?
  /// What was written before the connection was open.
  var ahead = HTTP3Ahead()
  /// The control streams are bound to numbers that QUIC has not given out yet.
  var isPrepared = false
  /// Requests of that kind.
  var preparedRequests = 0
  /// Bytes of streams have come: from then on the C side cannot begin anew.
  private(set) var hasRead = false

  /// One end of a connection that `handler` stands above. `requestStreams` is what the endpoint allows a client.
  public init(isServer: Bool, _ handler: HTTP3Handler, _ limits: HTTP3Limits = HTTP3Limits(), requestStreams: UInt32) {
    self.isServer = isServer
    self.handler = handler
    self.limits = limits
    requestLimit = UInt64(requestStreams)
    settingsReader = limits.keepsSettings ? HTTP3SettingsReader() : nil
    super.init()
  }

  deinit {
    chttp3_free(raw)
    chttp3_free(spent)
  }

  /// What the other end began with, in its order; nil before it has said, and unless `HTTP3Limits.keepsSettings`.
  public var remoteSettings: [HTTP3Setting]? { settingsReader?.settings }

  /// Sends a request, pseudo-header fields first. Returns its stream; nil while the server allows no more, before the
  /// connection is open or prepared, and for a head that is none.
  public func ask(_ fields: [HTTPField], hasBody: Bool) -> Int64? {
    guard let raw, let connection, let stream = isOpen ? connection.openStream() : nextPrepared() else { return nil }
    let status = Self.withFields(fields) { chttp3_request(raw, stream, $0, $1, hasBody ? 1 : 0) }
    guard status == 0 else {
      if isOpen { connection.abort(stream: stream, error: UInt64(CHTTP3_INTERNAL_ERROR)) }
      return nil
    }
    if isOpen { connection.wake() }
    return stream
  }

  /// Answers a request; false when there is none, or the head is none.
  public func answer(_ stream: Int64, _ fields: [HTTPField], hasBody: Bool) -> Bool {
    guard let raw, let connection else { return false }
    guard Self.withFields(fields, { chttp3_response(raw, stream, $0, $1, hasBody ? 1 : 0) }) == 0 else { return false }
    answers += 1
    connection.wake()
    return true
  }

  /// A body that waited has something to send.
  public func resume(_ stream: Int64) {
    guard let raw, let connection else { return }
    chttp3_resume(raw, stream)
    connection.wake()
  }

  /// Gives the other end credit for bytes of a body that `data` had not returned.
  public func consume(_ stream: Int64, _ count: Int) {
    if stream == readStream { taken += count } else { connection?.consumed(stream: stream, count: count) }
  }

  /// Ends a stream in both directions.
  public func cancel(_ stream: Int64, error: UInt64 = requestCancelled) {
    connection?.abort(stream: stream, error: error)
  }

  /// Takes no more requests; those that are here go on.
  public func goAway() {
    guard let raw, let connection else { return }
    if chttp3_goaway(raw) != 0 { fail() }
    connection.wake()
  }

  /// The other end may use its windows to the full (`Connection.trust`).
  public func trust() { connection?.trust() }

  /// Ends the connection.
  public func close(error: UInt64 = noError) { connection?.fail(error: error) }

  /// Lets the other end send `count` bytes more of a body than this end's options say.
  public func widen(_ stream: Int64, by count: Int) { connection?.consumed(stream: stream, count: count) }

  public override func began(_ connection: Connection) { self.connection = connection }

  /// The first flight of this end is on its way: what comes behind it is made while the other end works on that.
  public override func waits(_ connection: Connection) { _ = prepare() }

  /// The first requests go with the last packet of the handshake, as everybody's do.
  public override func completed(_ connection: Connection) {
    guard let first = connection.openStream(isBidirectional: false),
      connection.openStream(isBidirectional: false) != nil, connection.openStream(isBidirectional: false) != nil,
      isPrepared && first == controlStream || restart(first)
    else { return connection.fail(error: UInt64(CHTTP3_INTERNAL_ERROR), "no control streams") }
    isOpen = true
    connection.wake()
    handler.opened(self)
    // Nobody has use for what was prepared, and none of it has gone.
    if preparedRequests > 0 { dropPrepared() }
  }

  public override func connected(_ connection: Connection) { handler.confirmed(self) }

  public override func opened(_ connection: Connection, stream: Int64) {
    guard isServer, stream & 3 == 0 else { return }
    requestsBegun += 1
    requestsOpen += 1
    handler.began(self, stream: stream)
  }

  public override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    guard let raw = raw ?? make() else { return }
    hasRead = true
    if settingsReader != nil, stream & 2 != 0 { settingsReader?.read(stream, bytes) }
    let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    readStream = stream
    let used = chttp3_read(raw, stream, base, bytes.count, isFinal ? 1 : 0)
    readStream = -1
    let count = taken
    taken = 0
    guard used >= 0 else { return fail() }
    connection.consumed(stream: stream, count: count + Int(used))
  }

  public override func acknowledged(_ connection: Connection, stream: Int64, count: UInt64) {
    guard let raw else { return }
    if chttp3_acked(raw, stream, count) != 0 { fail() }
  }

  public override func reset(_ connection: Connection, stream: Int64, error: UInt64) {
    guard let raw else { return }
    chttp3_shut_read(raw, stream)
    resets += 1
    // Asking and taking back costs this end more than the other (CVE-2023-44487).
    if isServer, resets > limits.resets + answers { connection.fail(error: UInt64(CHTTP3_EXCESSIVE_LOAD), "resets") }
  }

  public override func closed(_ connection: Connection, stream: Int64, error: UInt64?) {
    guard let raw else { return }
    if isServer, stream & 3 == 0 {
      requestsOpen -= 1
      requestLimit += 1
      chttp3_allow(raw, requestLimit)
    }
    if !ahead.isEmpty { ahead.drop(stream) }
    if chttp3_closed(raw, stream, error ?? UInt64(CHTTP3_NO_ERROR)) != 0 { fail() }
  }

  public override func credited(_ connection: Connection, stream: Int64) {
    guard let raw else { return }
    chttp3_unblock(raw, stream)
    if !ahead.isEmpty { ahead.credited(stream) }
    connection.wake()
    handler.heldUp(self, stream: stream, false)
  }

  public override func streamsCredited(_ connection: Connection) { handler.streamsCredited(self) }

  public override func prepare(_ connection: Connection) {
    guard !broken.isEmpty else { return }
    for stream in broken { connection.reset(stream: stream, error: UInt64(CHTTP3_INTERNAL_ERROR)) }
    broken = []
  }

  public override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard isOpen else { return false }
    return !ahead.isEmpty && ahead.offer(out) || write(out)
  }

  /// What nghttp3 has to send next.
  func write(_ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard let raw else { return false }
    var (stream, fin): (Int64, Int32) = (-1, 0)
    let limit = 8
    let count = withUnsafeMutablePointer(to: &out.pointee.vectors) { vectors in
      vectors.withMemoryRebound(to: chttp3_vector.self, capacity: limit) {
        chttp3_pull(raw, &stream, &fin, $0, UInt32(limit))
      }
    }
    guard count >= 0 else {
      fail()
      return false
    }
    guard stream >= 0 else { return false }
    out.pointee.stream = stream
    out.pointee.count = UInt32(count)
    out.pointee.fin = UInt8(fin)
    return true
  }

  public override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    guard let raw else { return }
    if ahead.isOffering { return ahead.took(Int(count)) }
    if chttp3_took(raw, stream, Int(count)) != 0 { fail() }
  }

  public override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    guard let raw else { return }
    guard !isGone else {
      if !ahead.isEmpty { ahead.drop(stream) }
      return chttp3_shut_write(raw, stream)
    }
    if !ahead.isEmpty { ahead.refused(stream) }
    chttp3_block(raw, stream)
    handler.heldUp(self, stream: stream, true)
  }

  public override func overloaded(_ connection: Connection) {
    connection.fail(error: UInt64(CHTTP3_EXCESSIVE_LOAD), "memory")
  }

  public override func ended(_ connection: Connection, _ reason: CloseReason) {
    self.connection = nil
    isOpen = false
    ahead = HTTP3Ahead()
    (raw, spent, isOver) = (nil, raw, true)
    (headStream, waitingHeads, unfinished) = (-1, [:], 0)
    handler.over(self, reason)
  }

  /// Ends the connection with what nghttp3 found wrong.
  func fail() {
    guard let raw else { return }
    connection?.fail(error: chttp3_error(raw))
  }
}
