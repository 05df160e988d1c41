// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// One end of an open connection: bytes in, messages out, and the other way round. It touches no socket.
///
/// Bytes that arrive are written where `receiveSpace` says; `next` then parses them in place. What has to be sent
/// collects in `output`. Pings are answered and close frames are returned without the caller's doing.
public final class Connection {
  /// What arrived. The payloads are lent until the next call.
  public enum Event {
    /// A whole message; text is valid UTF-8.
    case message(Opcode, UnsafeRawBufferPointer)
    /// A ping; its pong is already in `output`.
    case ping(UnsafeRawBufferPointer)
    /// An answer to a ping, or a pong that nobody asked for.
    case pong(UnsafeRawBufferPointer)
    /// The end; the answer is already in `output`. nil when the other end gave no code.
    case close(CloseCode?)
  }

  /// What has to be sent to the other end.
  public let output = ByteBuffer(capacity: 4096)
  /// True once a close frame was put in `output`; nothing more can be sent.
  public private(set) var hasSentClose = false
  /// True once a close frame arrived; nothing more may arrive.
  public private(set) var hasReceivedClose = false

  let role: Role
  let limit: Int
  let deflater: MessageDeflater?
  let inflater: MessageInflater?
  let input = ByteBuffer(capacity: 16_384)
  /// Fragments of a message that has not ended, or a compressed message.
  let fragments = ByteBuffer(capacity: 1024)
  /// A message that was compressed.
  let inflated = ByteBuffer(capacity: 1024)
  private let compressed = ByteBuffer(capacity: 1024)
  var masks: MaskGenerator
  /// Bytes of `input` that the last event lent.
  var lent = 0
  var header: FrameHeader?
  var received = 0
  var message: FrameHeader?
  var validator = UTF8Validator()

  /// `limit` is the size of the largest message in bytes, compressed or not; `seed` is random. Fails without memory.
  public init?(role: Role, limit: Int, compression: DeflateParameters?, seed: UInt64) {
    self.role = role
    self.limit = limit
    masks = MaskGenerator(seed: seed)
    guard let compression else {
      deflater = nil
      inflater = nil
      return
    }
    let isServer = role == .server
    deflater = MessageDeflater(
      windowBits: isServer ? compression.serverMaxWindowBits : compression.clientMaxWindowBits,
      keepsContext: !(isServer ? compression.serverNoContextTakeover : compression.clientNoContextTakeover))
    inflater = MessageInflater(
      keepsContext: !(isServer ? compression.clientNoContextTakeover : compression.serverNoContextTakeover))
    guard deflater != nil, inflater != nil else { return nil }
  }

  /// Room for `count` bytes from the other end; `received` makes them count. Ends what the last event lent.
  public func receiveSpace(_ count: Int) -> UnsafeMutableRawPointer {
    release()
    return input.reserve(count)
  }

  /// Counts bytes that were written where `receiveSpace` said.
  public func received(_ count: Int) { input.commit(count) }

  func release() {
    input.consume(lent)
    lent = 0
  }

  /// Sends a message, compressed if that was negotiated.
  public func send(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
    guard !hasSentClose else { return }
    guard let deflater else { return write(opcode, payload, isCompressed: false) }
    compressed.removeAll()
    deflater.compress(payload, into: compressed)
    write(opcode, compressed.readable, isCompressed: true)
  }

  /// Sends a ping or pong of at most 125 bytes.
  public func sendControl(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
    precondition(opcode.isControl && payload.count <= FrameHeader.maximumControlPayload)
    guard !hasSentClose else { return }
    write(opcode, payload, isCompressed: false)
  }

  /// Says goodbye, once.
  public func close(_ code: CloseCode?) {
    guard !hasSentClose else { return }
    if let code {
      withUnsafeBytes(of: code.rawValue.bigEndian) { write(.close, $0, isCompressed: false) }
    } else {
      write(.close, UnsafeRawBufferPointer(start: nil, count: 0), isCompressed: false)
    }
    hasSentClose = true
  }

  func closeArrived(_ code: CloseCode?) {
    hasReceivedClose = true
    close(code)
  }

  private func write(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer, isCompressed: Bool) {
    let key = role == .client ? masks.next() : nil
    let header = FrameHeader(
      opcode: opcode, payloadLength: payload.count, isCompressed: isCompressed, maskKey: key)
    let target = output.reserve(header.encodedLength + payload.count)
    let length = header.write(to: target)
    if let base = payload.baseAddress { (target + length).copyMemory(from: base, byteCount: payload.count) }
    if let key { Masking.apply(key, to: target + length, count: payload.count) }
    output.commit(length + payload.count)
  }
}
