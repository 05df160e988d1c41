// SPDX-License-Identifier: Apache-2.0
import CHTTP3
import CQUIC
import HTXQUIC

extension HTTP3Connection {
  @inline(__always)
  private static func with(_ context: UnsafeMutableRawPointer?, _ body: (HTTP3Connection) -> Void) -> Int32 {
    // The context was set by this class and is never nil.
    Unmanaged<HTTP3Connection>.fromOpaque(context.unsafelyUnwrapped)._withUnsafeGuaranteedRef(body)
    return 0
  }

  /// The table that every connection shares.
  static let callbacks = chttp3_callbacks(
    begin: { context, stream in with(context) { $0.beginHead(stream) } },
    field: { context, stream, field in
      guard let field else { return 0 }
      return with(context) { $0.add(field.pointee, to: stream) }
    },
    head: { context, stream, fin, trailers in
      with(context) { $0.finishHead(stream, isFinal: fin != 0, isTrailers: trailers != 0) }
    },
    data: { context, stream, bytes, count in
      with(context) { http in
        let taken = http.handler.data(http, stream: stream, UnsafeRawBufferPointer(start: bytes, count: count))
        http.consume(stream, taken)
      }
    },
    end: { context, stream in with(context) { $0.handler.ended($0, stream: stream) } },
    closed: { context, stream, error in
      with(context) {
        // Not before: a head may wait for fields of QPACK's table when all of its stream has come.
        $0.dropHead(stream)
        $0.handler.closed($0, stream: stream, error: error)
      }
    },
    acked: { context, stream, count in with(context) { $0.handler.acknowledged($0, stream: stream, count: count) } },
    consumed: { context, stream, count in with(context) { $0.consume(stream, count) } },
    stop: { context, stream, error in with(context) { $0.connection?.stop(stream: stream, error: error) } },
    reset: { context, stream, error in with(context) { $0.connection?.reset(stream: stream, error: error) } },
    goaway: { context, _ in with(context) { $0.handler.goingAway($0) } },
    fill: { context, stream, vectors, limit, count in
      guard let context, let vectors, let count else { return Int32(CHTTP3_WAIT) }
      return Unmanaged<HTTP3Connection>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.fill(stream, vectors, Int(limit), count)
      }
    }
  )

  private func beginHead(_ stream: Int64) {
    setHeadAside()
    head.clear()
    headStream = stream
    unfinished += Self.headCost
  }

  /// Fields come head after head, unless one waits for fields of QPACK's table; false for those of trailers.
  private func select(_ stream: Int64) -> Bool {
    guard stream != headStream else { return true }
    guard let waiting = waitingHeads.removeValue(forKey: stream) else { return false }
    setHeadAside()
    (headStream, head) = (stream, waiting)
    return true
  }

  private func setHeadAside() {
    guard headStream >= 0 else { return }
    waitingHeads[headStream] = head
    (headStream, head) = (-1, HTTP3Head())
  }

  private func dropHead(_ stream: Int64) {
    if stream == headStream {
      leaveHead()
    } else if !waitingHeads.isEmpty, let waiting = waitingHeads.removeValue(forKey: stream) {
      unfinished -= Self.headCost + waiting.size
    }
  }

  /// What a head counts without any field.
  private static let headCost = 512

  /// The head that fields are added to is whole, or given up.
  private func leaveHead() {
    unfinished -= Self.headCost + head.size
    headStream = -1
  }

  private func add(_ field: chttp3_field, to stream: Int64) {
    guard select(stream) else { return }
    let cost = field.name_length + field.value_length + 32
    head.size += cost
    unfinished += cost
    // A field of a few bytes may stand for a long one of QPACK's table, on every stream.
    if unfinished > limits.unfinishedHeads {
      connection?.fail(error: UInt64(CHTTP3_EXCESSIVE_LOAD), "unfinished heads")
      return
    }
    guard head.size > limits.fieldSectionSize else {
      let name = UnsafeBufferPointer(start: field.name, count: field.name_length)
      return head.append(name, UnsafeBufferPointer(start: field.value, count: field.value_length))
    }
    head.isTooLarge = true
    guard head.size > 4 * limits.fieldSectionSize else { return }
    leaveHead()
    connection?.abort(stream: stream, error: UInt64(CHTTP3_EXCESSIVE_LOAD))
  }

  private func finishHead(_ stream: Int64, isFinal: Bool, isTrailers: Bool) {
    guard select(stream) else { return }
    leaveHead()
    if !isTrailers { handler.head(self, stream: stream, head, isFinal: isFinal) }
  }

  private func fill(
    _ stream: Int64, _ vectors: UnsafeMutablePointer<chttp3_vector>, _ limit: Int, _ count: UnsafeMutablePointer<UInt32>
  ) -> Int32 {
    let result = vectors.withMemoryRebound(to: cquic_vector.self, capacity: limit) {
      handler.fill(self, stream: stream, $0, limit: limit)
    }
    switch result {
    case .filled(let filled):
      count.pointee = UInt32(filled)
      return Int32(CHTTP3_FILLED)
    case .wait: return Int32(CHTTP3_WAIT)
    case .last(let filled):
      count.pointee = UInt32(filled)
      return Int32(CHTTP3_LAST)
    case .broken:
      broken.append(stream)
      connection?.wake()
      return Int32(CHTTP3_BROKEN)
    }
  }

  /// Lends fields to the C side for a call.
  static func withFields<Result>(
    _ fields: [HTTPField], _ body: (UnsafePointer<chttp3_field>?, UInt32) -> Result
  ) -> Result {
    let room = fields.reduce(1) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { bytes in
      withUnsafeTemporaryAllocation(of: chttp3_field.self, capacity: fields.count + 1) { raw in
        var rest = bytes
        func put(_ text: String) -> UnsafePointer<UInt8>? {
          let count = rest.initialize(fromContentsOf: text.utf8)
          defer { rest = UnsafeMutableBufferPointer(rebasing: rest[count...]) }
          return rest.baseAddress.map { UnsafePointer($0) }
        }
        for (index, field) in fields.enumerated() {
          let (name, value) = (put(field.name), put(field.value))
          raw.initializeElement(
            at: index,
            to: chttp3_field(
              name: name, name_length: field.name.utf8.count, value: value, value_length: field.value.utf8.count))
        }
        return body(raw.baseAddress, UInt32(fields.count))
      }
    }
  }
}
