// SPDX-License-Identifier: Apache-2.0
import TransportBytes

extension Connection {
  /// The next thing that arrived, or nil when more bytes are needed. After a throw the connection has failed: the
  /// close frame is in `output`, and once that is sent the caller closes.
  public func next() throws(ProtocolViolation) -> Event? {
    release()
    // What follows a close frame is not looked at (RFC 6455, 1.4).
    guard !hasReceivedClose else { return nil }
    do throws(ProtocolViolation) {
      while let complete = try arrived() {
        if let event = try finish(complete) { return event }
      }
      return nil
    } catch {
      close(error.closeCode)
      throw error
    }
  }

  /// Takes what there is of a frame, unmasks and checks it; its header once it is whole.
  private func arrived() throws(ProtocolViolation) -> FrameHeader? {
    if header == nil {
      guard
        let parsed = try FrameHeader.parse(
          input.bytes, available: input.count, role: role, compression: inflater != nil)
      else { return nil }
      try begin(parsed)
      input.consume(parsed.encodedLength)
    }
    guard let header else { return nil }
    let part = min(header.payloadLength - received, input.count - received)
    let start = input.bytes + received
    if let key = header.maskKey { Masking.apply(key, to: start, count: part, offset: received) }
    received += part
    if !header.opcode.isControl, let message, message.opcode == .text, !message.isCompressed {
      guard validator.append(start, count: part) else { throw .invalidUTF8 }
    }
    guard received == header.payloadLength else { return nil }
    self.header = nil
    return header
  }

  private func begin(_ parsed: FrameHeader) throws(ProtocolViolation) {
    if !parsed.opcode.isControl {
      if parsed.opcode == .continuation {
        guard message != nil else { throw .continuationWithoutStart }
      } else {
        guard message == nil else { throw .messageInsideMessage }
        message = parsed
        validator = UTF8Validator()
        fragments.removeAll()
      }
      guard parsed.payloadLength <= limit - fragments.count else { throw .messageTooBig }
    }
    header = parsed
    received = 0
  }

  private func finish(_ frame: FrameHeader) throws(ProtocolViolation) -> Event? {
    let payload = UnsafeRawBufferPointer(start: input.bytes, count: frame.payloadLength)
    lent = frame.payloadLength
    if frame.opcode.isControl { return try control(frame.opcode, payload) }
    guard let message else { return nil }
    let isWhole = frame.isFinal && fragments.isEmpty
    if !isWhole { fragments.append(payload) }
    guard frame.isFinal else {
      release()
      return nil
    }
    self.message = nil
    var bytes = isWhole ? payload : fragments.readable
    if message.isCompressed {
      inflated.removeAll()
      try inflater?.decompress(bytes, into: inflated, limit: limit)
      bytes = inflated.readable
      if message.opcode == .text {
        guard let base = bytes.baseAddress, validator.append(base, count: bytes.count) else { throw .invalidUTF8 }
      }
    }
    guard message.opcode == .binary || validator.isComplete else { throw .invalidUTF8 }
    return .message(message.opcode, bytes)
  }

  private func control(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) throws(ProtocolViolation) -> Event {
    switch opcode {
    case .ping:
      sendControl(.pong, payload)
      return .ping(payload)
    case .pong: return .pong(payload)
    default:
      let code = try Self.closeCode(payload)
      closeArrived(code)
      return .close(code)
    }
  }

  private static func closeCode(_ payload: UnsafeRawBufferPointer) throws(ProtocolViolation) -> CloseCode? {
    guard let base = payload.baseAddress, !payload.isEmpty else { return nil }
    guard payload.count >= 2 else { throw .closeTooShort }
    let code = CloseCode(rawValue: UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self)))
    guard code.isValidOnWire else { throw .closeCodeInvalid }
    var validator = UTF8Validator()
    guard validator.append(base + 2, count: payload.count - 2), validator.isComplete else { throw .invalidUTF8 }
    return code
  }
}
