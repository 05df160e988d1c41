// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC

/// Answers the first request with heads of its own making, one by one, and then without a body.
final class InterimSite: ConnectionHandler {
  private let heads: [UnsafeMutableBufferPointer<UInt8>]
  private var stream: Int64?
  private(set) var sent = 0
  /// Heads that may be sent.
  var allowed = 1
  private(set) var connection: Connection?

  /// Heads as names and values, of less than 64 bytes each.
  init(_ heads: [[(String, String)]]) {
    self.heads = heads.map { fields in
      // Neither table is used (RFC 9204, 4.5.6): literals, whose length of name has three bits.
      let section = fields.reduce(into: [UInt8]([0, 0])) { bytes, field in
        let (name, value) = (Array(field.0.utf8), Array(field.1.utf8))
        bytes += name.count < 7 ? [0x20 | UInt8(name.count)] : [0x27, UInt8(name.count - 7)]
        bytes += name + [UInt8(value.count)] + value
      }
      let frame = [1, UInt8(section.count)] + section
      let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: frame.count)
      _ = memory.initialize(from: frame)
      return memory
    }
  }

  deinit { for head in heads { head.deallocate() } }

  override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    guard stream & 3 == 0, isFinal, self.stream == nil else { return }
    (self.stream, self.connection) = (stream, connection)
    connection.wake()
  }

  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard let stream, sent < min(allowed, heads.count) else { return false }
    out.pointee.stream = stream
    out.pointee.count = 1
    out.pointee.fin = sent + 1 == heads.count ? 1 : 0
    out.pointee.vectors.0 = cquic_vector(bytes: heads[sent].baseAddress, length: heads[sent].count)
    return true
  }

  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) { sent += 1 }

  override func ended(_ connection: Connection, _ reason: CloseReason) { self.connection = nil }
}
