// SPDX-License-Identifier: Apache-2.0

extension Multiplexer {
  /// Gives up a message that was sent with this token, if none of it has left: it becomes void and is not reported.
  /// - Returns: false when it has left, also to an earlier life of the peer, or is not there.
  public func cancel(message token: UInt64, of reference: StreamReference) -> Bool {
    guard let stream = stream(reference),
      let index = stream.tokens[stream.firstToken...].firstIndex(where: { $0.number == token && !$0.expired }),
      stream.tokens[index].start >= stream.sent, !stream.tokens[index].wasSent
    else { return false }
    stream.tokens[index].expired = true
    makeVoid(stream.tokens[index].start, of: stream)
    return true
  }

  /// The reader skips the record that starts at `offset`. Its flags are the low bits of the header's last byte.
  func makeVoid(_ offset: UInt64, of stream: Stream) {
    let header = offset + UInt64(1 << (stream.ring.byte(at: offset) >> 6)) - 1
    stream.ring.set(stream.ring.byte(at: header) | UInt8(MessageRun.isVoid), at: header)
  }
}
