import CZlib
// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// Decompresses messages (RFC 7692, 7.2.2) up to a size.
public final class MessageInflater {
  private var stream = z_stream()
  private let keepsContext: Bool
  private var dictionary = [UInt8](repeating: 0, count: 32_768)
  private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

  /// The window always has its full size, which reads what was compressed with any smaller one. nil when there is no
  /// memory.
  public init?(keepsContext: Bool) {
    self.keepsContext = keepsContext
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
  }

  deinit { inflateEnd(&stream) }

  /// Appends the message to `target`; throws when it is not DEFLATE or gets longer than `limit` bytes.
  public func decompress(
    _ compressed: UnsafeRawBufferPointer, into target: ByteBuffer, limit: Int
  ) throws(ProtocolViolation) {
    let end = target.count + limit
    try feed(compressed, into: target, end: end)
    var failure: ProtocolViolation?
    Self.tail.withUnsafeBytes { tail in
      do throws(ProtocolViolation) { try feed(tail, into: target, end: end) } catch { failure = error }
    }
    if let failure { throw failure }
    if !keepsContext { inflateReset(&stream) }
  }

  private func feed(
    _ bytes: UnsafeRawBufferPointer, into target: ByteBuffer, end: Int
  ) throws(ProtocolViolation) {
    stream.next_in = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(bytes.count)
    while true {
      // One byte more than allowed tells a message that is too big from one that just fits.
      let room = min(max(1024, bytes.count * 2), end + 1 - target.count)
      stream.next_out = target.reserve(room).assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(room)
      let status = inflate(&stream, Z_SYNC_FLUSH)
      target.commit(room - Int(stream.avail_out))
      guard target.count <= end else { throw .messageTooBig }
      switch status {
      case Z_OK: if stream.avail_in == 0, stream.avail_out > 0 { return }
      case Z_BUF_ERROR:
        guard stream.avail_in == 0 else { throw .invalidDeflate }
        return
      case Z_STREAM_END:
        restart()
        if stream.avail_in == 0 { return }
      default: throw .invalidDeflate
      }
    }
  }

  /// After a final block another may follow, with the same window (RFC 7692, 7.2.3.4).
  private func restart() {
    var length = UInt32(dictionary.count)
    inflateGetDictionary(&stream, &dictionary, &length)
    inflateReset(&stream)
    if length > 0 { inflateSetDictionary(&stream, dictionary, length) }
  }
}
