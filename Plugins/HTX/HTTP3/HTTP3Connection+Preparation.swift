// SPDX-License-Identifier: Apache-2.0
import CHTTP3
import CQUIC
import HTXQUIC

/// What can be made before the handshake is complete: the numbers of the first streams are known (RFC 9000, 2.1), and
/// nothing of what they begin with depends on what the other end says.
extension HTTP3Connection {
  /// Streams that are written ahead at most.
  private static let aheadLimit = 16

  /// The first of this end's one-way streams.
  var controlStream: Int64 { isServer ? 3 : 2 }

  /// Makes the control streams, and from now on what a client asks for. False when it is too late for that.
  public func prepare() -> Bool {
    guard !isOpen, connection != nil else { return false }
    guard !isPrepared else { return true }
    isPrepared = bind(controlStream)
    writeAhead()
    return isPrepared
  }

  /// Writes what was asked for since `prepare`.
  public func writeAhead() {
    guard isPrepared, let raw else { return }
    var out = cquic_outgoing()
    for _ in 0..<Self.aheadLimit {
      guard write(&out) else { return }
      ahead.append(out)
      guard chttp3_took(raw, out.stream, out.length) == 0 else { return fail() }
    }
  }

  /// Sends the requests that were prepared, when the connection is open. False when there are none, and when the server
  /// allows fewer.
  public func sendPrepared() -> Bool {
    guard isOpen, preparedRequests > 0, let connection, connection.streamsLeft >= UInt64(preparedRequests) else {
      return false
    }
    for number in 0..<preparedRequests {
      guard connection.openStream() == Self.request(number) else { return false }
    }
    preparedRequests = 0
    connection.wake()
    return true
  }

  /// Forgets the requests that were prepared. None of them has gone.
  public func dropPrepared() {
    guard preparedRequests > 0, !restart(controlStream) else { return }
    connection?.fail(error: Self.internalError, "no control streams")
  }

  /// The stream of the next request that is prepared.
  func nextPrepared() -> Int64? {
    guard isPrepared, !isServer else { return nil }
    defer { preparedRequests += 1 }
    return Self.request(preparedRequests)
  }

  private static func request(_ number: Int) -> Int64 { Int64(4 * number) }

  /// Begins with nothing prepared, and with control streams from `first` on.
  func restart(_ first: Int64) -> Bool {
    guard !isPrepared || !hasRead else { return false }
    if isPrepared {
      chttp3_free(raw)
      (raw, ahead, isPrepared, preparedRequests) = (nil, HTTP3Ahead(), false, 0)
    }
    return bind(first)
  }

  private func bind(_ first: Int64) -> Bool {
    guard let raw = raw ?? make() else { return false }
    return chttp3_bind(raw, first, first + 4, first + 8) == 0
  }

  /// The C side, which is made when it is first needed: other things are more urgent when a connection begins.
  func make() -> OpaquePointer? {
    guard !isOver else { return nil }
    var callbacks = Self.callbacks
    let said = limits.settings?.map { chttp3_setting(id: $0.id, value: $0.value) } ?? []
    raw = said.withUnsafeBufferPointer { said in
      var options = chttp3_options(
        field_section_size: UInt64(limits.fieldSectionSize),
        table_capacity: limits.promised(HTTP3Setting.tableCapacity),
        blocked_streams: limits.promised(HTTP3Setting.blockedStreams), is_server: isServer ? 1 : 0,
        request_streams: UInt32(clamping: requestLimit), settings: limits.settings == nil ? nil : said.baseAddress,
        setting_count: UInt32(said.count))
      return chttp3_new(&options, &callbacks, Unmanaged.passUnretained(self).toOpaque())
    }
    return raw
  }
}

extension cquic_outgoing {
  /// Bytes of all vectors.
  fileprivate var length: Int {
    withUnsafeBytes(of: vectors) {
      $0.bindMemory(to: cquic_vector.self).prefix(Int(count)).reduce(0) { $0 + $1.length }
    }
  }
}
