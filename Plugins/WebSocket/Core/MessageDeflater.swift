import CZlib
// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// Compresses messages (RFC 7692, 7.2.1).
public final class MessageDeflater {
  private var stream = z_stream()
  private let keepsContext: Bool

  /// `windowBits` is 9 to 15; nil when there is no memory.
  public init?(windowBits: Int, keepsContext: Bool, level: Int32 = 3) {
    self.keepsContext = keepsContext
    let status = deflateInit2_(
      &stream, level, Z_DEFLATED, -Int32(windowBits), 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { return nil }
  }

  deinit { deflateEnd(&stream) }

  /// Appends the compressed form of a message, without the last four bytes of its flush.
  public func compress(_ message: UnsafeRawBufferPointer, into target: ByteBuffer) {
    let before = target.count
    let source = UnsafeMutableRawPointer(mutating: message.baseAddress)
    stream.next_in = source?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(message.count)
    repeat {
      let room = max(64, message.count / 2)
      stream.next_out = target.reserve(room).assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(room)
      // Z_BUF_ERROR only says that there was nothing to do.
      _ = deflate(&stream, Z_SYNC_FLUSH)
      target.commit(room - Int(stream.avail_out))
    } while stream.avail_out == 0
    let produced = target.count - before
    if produced >= 4 {
      target.truncate(to: target.count - 4)
    }
    // An empty message is one zero byte: the rest of an empty block (RFC 7692, 7.2.3.6).
    if target.count == before { target.append([0]) }
    if !keepsContext { deflateReset(&stream) }
  }
}
