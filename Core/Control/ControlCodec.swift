// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Cuts a byte stream into control messages: a length of 4 bytes, big endian, then so many bytes of CBOR.
public struct ControlCodec {
  private let limits: ControlLimits
  private var buffer: [UInt8] = []
  private var start = 0

  /// An empty codec.
  public init(limits: ControlLimits = ControlLimits()) { self.limits = limits }

  /// Bytes that are held and not yet part of a message.
  public var buffered: Int { buffer.count - start }

  /// Takes bytes from the stream.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if start > 0, start >= buffer.count / 2 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next whole message, or nil when more bytes are needed. After an error the stream cannot be used any more.
  public mutating func next() throws(ControlError) -> ControlMessage? {
    guard buffered >= 4 else { return nil }
    let length = (0..<4).reduce(0) { $0 << 8 | Int(buffer[start + $1]) }
    guard length > 0, length <= limits.message else {
      throw ControlError(.protocol, "a control message of \(length) bytes; at most \(limits.message) are allowed")
    }
    guard buffered >= 4 + length else { return nil }
    let body = Array(buffer[(start + 4)..<(start + 4 + length)])
    start += 4 + length
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 64 << 10)
      start = 0
    }
    return try ControlMessage(cbor: try decode(body))
  }

  private func decode(_ body: [UInt8]) throws(ControlError) -> CBOR {
    do throws(CBORError) {
      return try CBOR.decode(body, limits: CBORLimits(depth: 16, size: limits.message, items: 65_536))
    } catch {
      throw ControlError(.protocol, "a control message that is not deterministic CBOR (\(error))")
    }
  }

  /// The bytes of a message, length first; an error when it is longer than the limit.
  public static func encode(_ message: ControlMessage, limits: ControlLimits = ControlLimits()) throws(ControlError)
    -> [UInt8]
  {
    let body = message.cbor.encode()
    guard body.count <= limits.message else {
      throw ControlError(.limit, "the answer has \(body.count) bytes; at most \(limits.message) fit into a message")
    }
    let length = UInt32(body.count)
    return [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + body
  }
}
