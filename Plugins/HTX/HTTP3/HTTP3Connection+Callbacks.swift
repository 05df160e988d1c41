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
    begin: { context, stream in with(context) { $0.heads[stream] = HTTP3Head() } },
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
        $0.heads[stream] = nil
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

  private func add(_ field: chttp3_field, to stream: Int64) {
    // Taken out while it grows: a copy for every field would make long heads dear.
    guard var head = heads.removeValue(forKey: stream) else { return }
    head.size += field.name_length + field.value_length + 32
    if head.size <= limits.fieldSectionSize {
      let name = UnsafeBufferPointer(start: field.name, count: field.name_length)
      let value = UnsafeBufferPointer(start: field.value, count: field.value_length)
      head.fields.append(HTTPField(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    } else {
      head.isTooLarge = true
      if head.size > 4 * limits.fieldSectionSize {
        connection?.abort(stream: stream, error: UInt64(CHTTP3_EXCESSIVE_LOAD))
        return
      }
    }
    heads[stream] = head
  }

  private func finishHead(_ stream: Int64, isFinal: Bool, isTrailers: Bool) {
    guard let head = heads.removeValue(forKey: stream), !isTrailers else { return }
    handler.head(self, stream: stream, head, isFinal: isFinal)
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
    var bytes: [UInt8] = []
    bytes.reserveCapacity(fields.reduce(1) { $0 + $1.name.utf8.count + $1.value.utf8.count })
    for field in fields {
      bytes.append(contentsOf: field.name.utf8)
      bytes.append(contentsOf: field.value.utf8)
    }
    return bytes.withUnsafeBufferPointer { bytes in
      var at = bytes.baseAddress
      let raw = fields.map { field -> chttp3_field in
        let (name, value) = (field.name.utf8.count, field.value.utf8.count)
        defer { at = at.map { $0 + name + value } }
        return chttp3_field(name: at, name_length: name, value: at.map { $0 + name }, value_length: value)
      }
      return raw.withUnsafeBufferPointer { body($0.baseAddress, UInt32($0.count)) }
    }
  }
}
