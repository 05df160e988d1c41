// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// Names a stream of a multiplexer. A reference to a stream that is gone does nothing.
public struct StreamReference: Hashable, Sendable {
  public let slot: UInt32
  public let generation: UInt32
}

/// What the multiplexer tells the node. Called on the node's thread; the handler may call the multiplexer.
public protocol MultiplexerHandler: AnyObject {
  /// The peer has opened a stream. Nil takes it; a code refuses it, and the peer learns the code.
  func opened(_ stream: StreamReference, _ preamble: StreamPreamble, of multiplexer: Multiplexer) -> UInt64?
  /// Bytes of a `bytes` stream. Returns how many were taken; the rest stays until `resume`.
  func received(_ bytes: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer) -> Int
  /// Whole messages of a `messages` or `request` stream; what `run` does not hand out stays until `resume`.
  func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer)
  /// An unreliable message.
  func received(datagram: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer)
  /// The peer's side has ended; all of it was taken. With a code: it was cut off, by the peer or by its restart.
  func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer)
  /// The peer wants no more on this stream.
  func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer)
  /// There is room again after a send was refused.
  func writable(_ stream: StreamReference, of multiplexer: Multiplexer)
  /// What became of a message that was sent with a token.
  func settled(token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer)
}
