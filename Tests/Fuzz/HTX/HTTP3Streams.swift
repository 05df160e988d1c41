// SPDX-License-Identifier: Apache-2.0
// Options: -max_len=4096
import CHTTP3

/// What a connection above no QUIC remembers.
private final class Web {
  var raw: OpaquePointer?
  var heads: Set<Int64> = []
  var answered: Set<Int64> = []
  var bodies = 0
  var page = [UInt8](repeating: 1, count: 256)
}

private func web(_ user: UnsafeMutableRawPointer?) -> Web {
  Unmanaged<Web>.fromOpaque(user.unsafelyUnwrapped).takeUnretainedValue()
}

private nonisolated(unsafe) var callbacks = chttp3_callbacks(
  begin: { _, _ in 0 },
  field: { _, _, field in
    guard let field = field?.pointee else { return 0 }
    precondition(field.name_length < 1 << 20 && field.value_length < 1 << 20)
    return 0
  },
  head: { user, stream, _, trailers in
    if trailers == 0 { web(user).heads.insert(stream) }
    return 0
  },
  data: { user, _, _, count in
    web(user).bodies += count
    return 0
  },
  end: { _, _ in 0 }, closed: { _, _, _ in 0 }, acked: { _, _, _ in 0 }, consumed: { _, _, _ in 0 },
  stop: { _, _, _ in 0 }, reset: { _, _, _ in 0 }, goaway: { _, _ in 0 },
  fill: { user, _, vectors, _, count in
    // The bytes stay where they are: the array is never changed.
    web(user).page.withUnsafeBufferPointer { page in
      vectors?.pointee = chttp3_vector(bytes: page.baseAddress, length: page.count)
    }
    count?.pointee = 1
    return Int32(CHTTP3_LAST)
  })

/// Stream bytes of HTTP/3 for a server or a client, without QUIC. Each step: a stream, whether it ends, how many bytes.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP3Streams(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 1 else { return 0 }
  let isServer = data[0] & 1 == 0
  let web = Web()
  defer { withExtendedLifetime(web) {} }
  let said = [chttp3_setting(id: 6, value: 32_768), chttp3_setting(id: 33, value: 1)]
  let raw = said.withUnsafeBufferPointer { said in
    let isSaid = data[0] & 2 != 0
    var options = chttp3_options(
      field_section_size: 32_768, table_capacity: 4096, blocked_streams: 16, is_server: isServer ? 1 : 0,
      request_streams: 16, settings: isSaid ? said.baseAddress : nil, setting_count: isSaid ? UInt32(said.count) : 0)
    return chttp3_new(&options, &callbacks, Unmanaged.passUnretained(web).toOpaque())
  }
  guard let raw else { return 0 }
  defer { chttp3_free(raw) }
  web.raw = raw
  let own: Int64 = isServer ? 3 : 2
  guard chttp3_bind(raw, own, own + 4, own + 8) == 0 else { return 0 }
  if !isServer, !ask(raw) { return 0 }
  var at = 1
  var ended: Set<Int64> = []
  while at + 2 <= size {
    let number = Int64(data[at] & 15)
    // Requests are 0, 4, 8 and so on; one-way streams of the other end are 2 or 3 and their like.
    let stream = data[at] & 16 == 0 ? number * 4 : (number & 3) * 4 + (isServer ? 2 : 3)
    let fin = data[at] & 32 != 0
    let count = min(Int(data[at + 1]), size - at - 2)
    at += 2
    if !isServer, stream & 3 == 0, stream > 8 { continue }
    guard !ended.contains(stream) else { continue }
    if fin { ended.insert(stream) }
    guard chttp3_read(raw, stream, data + at, count, fin ? 1 : 0) >= 0 else { return 0 }
    at += count
    if isServer, !answer(web, raw) { return 0 }
    guard drain(raw) else { return 0 }
    if data[at - count - 2] & 64 != 0 {
      ended.insert(stream)
      guard chttp3_closed(raw, stream, UInt64(CHTTP3_NO_ERROR)) == 0 else { return 0 }
      web.heads.remove(stream)
    }
  }
  return 0
}

private func with(_ name: StaticString, _ value: StaticString) -> chttp3_field {
  chttp3_field(
    name: name.utf8Start, name_length: name.utf8CodeUnitCount, value: value.utf8Start,
    value_length: value.utf8CodeUnitCount)
}

private func ask(_ raw: OpaquePointer) -> Bool {
  let fields = [with(":method", "GET"), with(":scheme", "https"), with(":authority", "a"), with(":path", "/")]
  for stream in [Int64(0), 4, 8] where chttp3_request(raw, stream, fields, 4, stream == 8 ? 1 : 0) != 0 {
    return false
  }
  return drain(raw)
}

private func answer(_ web: Web, _ raw: OpaquePointer) -> Bool {
  for stream in web.heads where stream & 3 == 0 && !web.answered.contains(stream) {
    web.answered.insert(stream)
    let fields = [with(":status", "200"), with("content-length", "256")]
    _ = chttp3_response(raw, stream, fields, 2, 1)
  }
  return true
}

private func drain(_ raw: OpaquePointer) -> Bool {
  for _ in 0..<1000 {
    var (stream, fin): (Int64, Int32) = (-1, 0)
    var vectors = [chttp3_vector](repeating: chttp3_vector(), count: 8)
    let count = chttp3_pull(raw, &stream, &fin, &vectors, 8)
    guard count >= 0 else { return false }
    guard stream >= 0 else { return true }
    let length = vectors.prefix(Int(count)).reduce(0) { $0 + $1.length }
    guard chttp3_took(raw, stream, length) == 0 else { return false }
    if length > 0, chttp3_acked(raw, stream, UInt64(length)) != 0 { return false }
  }
  return true
}
