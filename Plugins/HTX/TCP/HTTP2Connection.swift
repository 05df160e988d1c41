// SPDX-License-Identifier: Apache-2.0
import CHTTP2
import Glibc

/// One HTTP/2 connection between two byte streams.
final class HTTP2Connection {
  /// Errors of RFC 9113, section 7, that are used here.
  enum Code: UInt32 {
    case none = 0
    case violated = 1
    case cancel = 8
    case calm = 11
  }

  private let raw: OpaquePointer
  /// Kept alive by its owner, who also owns this.
  private unowned(unsafe) let events: HTTP2Events

  /// The side of a server or of a client, whose `events` it calls; nil without memory.
  init?(isServer: Bool, _ events: HTTP2Events, settings: ServerSettings = .nginx) {
    var table = Self.table
    let context = Unmanaged.passUnretained(events).toOpaque()
    let entries = settings.entries.map { chttp2_setting(id: $0.id, value: $0.value) }
    let made =
      isServer ? chttp2_server(context, &table, entries, entries.count) : chttp2_client(context, &table)
    guard let raw = made else { return nil }
    self.raw = raw
    self.events = events
  }

  deinit { chttp2_free(raw) }

  /// Takes bytes that arrived; false when the connection has to end.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return true }
    return chttp2_receive(raw, base.assumingMemoryBound(to: UInt8.self), bytes.count) == 0
  }

  /// The next bytes to send, valid until the next call; nil when there are none.
  func send() -> UnsafeRawBufferPointer? {
    var bytes: UnsafePointer<UInt8>?
    let count = chttp2_send(raw, &bytes)
    return count > 0 ? UnsafeRawBufferPointer(start: bytes, count: Int(count)) : nil
  }

  /// What the other end began with; nil before it has said.
  var remoteSettings: [ServerSettings.Entry]? {
    var entries = [chttp2_setting](repeating: chttp2_setting(), count: 16)
    let count = chttp2_settings(raw, &entries, entries.count)
    return count < 0 ? nil : entries.prefix(Int(count)).map { ServerSettings.Entry($0.id, $0.value) }
  }

  /// Frames that wait to be sent.
  var queued: Int { chttp2_queued(raw) }

  var isAlive: Bool { chttp2_is_alive(raw) != 0 }

  /// `isCut`: the rest of the request is not wanted.
  func answer(_ stream: Int32, _ fields: [(String, String)], hasBody: Bool, isCut: Bool = false) {
    let flags = (hasBody ? Int32(CHTTP2_BODY) : 0) | (isCut ? Int32(CHTTP2_CUT) : 0)
    _ = Self.with(fields) { chttp2_answer(raw, stream, $0, fields.count, flags) }
  }

  /// The stream of a request; nil when there are too many.
  func ask(_ fields: [(String, String)], hasBody: Bool) -> Int32? {
    let stream = Self.with(fields) { chttp2_ask(raw, $0, fields.count, hasBody ? 1 : 0) }
    return stream > 0 ? stream : nil
  }

  func resume(_ stream: Int32) { chttp2_resume(raw, stream) }
  func consume(_ stream: Int32, _ count: Int) { chttp2_consume(raw, stream, count) }
  func widen(_ stream: Int32, to window: Int32) { chttp2_widen(raw, stream, window) }
  func isHeldUp(_ stream: Int32) -> Bool { chttp2_is_held_up(raw, stream) != 0 }
  func reset(_ stream: Int32, _ code: Code) { chttp2_reset(raw, stream, code.rawValue) }
  func shut(_ code: Code) { chttp2_shut(raw, code.rawValue) }
  func ping() { chttp2_ping(raw) }

  /// Lends the fields as C wants them.
  private static func with(_ fields: [(String, String)], _ body: (UnsafePointer<chttp2_field>?) -> Int32) -> Int32 {
    let copies = fields.map { (strdup($0.0), strdup($0.1)) }
    defer {
      for copy in copies {
        free(copy.0)
        free(copy.1)
      }
    }
    let list = zip(fields, copies).map { field, copy in
      chttp2_field(name: copy.0, value: copy.1, name_length: field.0.utf8.count, value_length: field.1.utf8.count)
    }
    return list.withUnsafeBufferPointer { body($0.baseAddress) }
  }

  private static func with<Result>(_ context: UnsafeMutableRawPointer?, _ body: (HTTP2Events) -> Result) -> Result {
    Unmanaged<HTTP2Events>.fromOpaque(context.unsafelyUnwrapped)._withUnsafeGuaranteedRef { body($0) }
  }

  private static var table: chttp2_events {
    chttp2_events(
      begin: { context, stream in HTTP2Connection.with(context) { $0.begin(stream) } },
      field: { context, stream, name, nameLength, value, valueLength in
        HTTP2Connection.with(context) {
          $0.field(
            stream, UnsafeRawBufferPointer(start: name, count: nameLength),
            UnsafeRawBufferPointer(start: value, count: valueLength))
        }
      },
      head: { context, stream, ends in HTTP2Connection.with(context) { $0.head(stream, ends: ends != 0) } },
      data: { context, stream, bytes, length in
        HTTP2Connection.with(context) { $0.data(stream, UnsafeRawBufferPointer(start: bytes, count: length)) }
      },
      end: { context, stream in HTTP2Connection.with(context) { $0.end(stream) } },
      closed: { context, stream, code in HTTP2Connection.with(context) { $0.closed(stream, code: code) } },
      fill: { context, stream, target, room, ends in
        let space = UnsafeMutableRawBufferPointer(start: target, count: room)
        switch HTTP2Connection.with(context, { $0.fill(stream, space) }) {
        case .bytes(let count): return Int64(count)
        case .last(let count):
          ends?.pointee = 1
          return Int64(count)
        case .wait: return Int64(CHTTP2_WAIT)
        case .fail: return Int64(CHTTP2_FAIL)
        }
      })
  }
}
