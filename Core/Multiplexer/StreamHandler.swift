// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// Names a stream of a multiplexer. A reference to a stream that is gone does nothing.
public struct StreamReference: Hashable, Sendable {
  /// The place in the multiplexer's table.
  public let slot: UInt32
  /// Tells this stream from others that had the place.
  public let generation: UInt32
}

/// Whoever reads and writes a stream. Called on the node's thread; it may call the multiplexer at any time.
///
/// A class and not a protocol, so that a call costs one look-up in its table; the functions here do the least that is
/// right, and a user overrides those that matter to it.
open class StreamHandler {
  /// A handler that takes everything and keeps nothing.
  public init() {}

  /// Bytes of a `bytes` stream. Returns how many were taken; the rest stays until `Multiplexer.resume`.
  open func received(_ bytes: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer) -> Int {
    bytes.count
  }

  /// Whole messages of a `messages` or `request` stream; what `run` does not hand out stays until
  /// `Multiplexer.resume`.
  open func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while run.next() != nil {}
  }

  /// An unreliable message.
  open func received(
    datagram: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer
  ) {}

  /// The peer's side has ended and all of it was taken. With a code it was cut off, by the peer or by its restart.
  open func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {}

  /// The peer wants no more on this stream: our side was reset.
  open func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) {}

  /// The conversation is about to end, and the reader holds messages of a stream that releases by hand. True when it will
  /// say what becomes of them.
  open func outlives(_ late: any LateReleases, on stream: StreamReference) -> Bool { false }

  /// There is room again after a send was refused.
  open func writable(_ stream: StreamReference, of multiplexer: Multiplexer) {}

  /// All bytes of a message with `reportsSent` have been handed to a link. Nothing is known of its arrival yet.
  open func sent(token: UInt64, on stream: StreamReference, of multiplexer: Multiplexer) {}

  /// What became of a message that was sent with a token.
  open func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {}

  /// Whether `uncertain` does anything.
  open var takesUncertain: Bool { false }

  /// The peer takes no more of a stream, and these messages may have been delivered before a restart: they are handed
  /// over. Their fate is told next, with `settled(handed:_:on:of:)`.
  open func uncertain(_ messages: [HandedMessage], of multiplexer: Multiplexer) {}

  /// As `settled`, of a message of which `Multiplexer.handOver` has given a copy away: that may have arrived before, or
  /// still be on its way.
  open func settled(
    handed token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    settled(token: token, outcome, on: stream, of: multiplexer)
  }
}

/// Decides about streams that the peer opens.
public protocol StreamAcceptor: AnyObject {
  /// Takes a stream by naming its handler, or refuses it with a code that the peer learns.
  func opened(_ stream: StreamReference, _ preamble: StreamPreamble, of multiplexer: Multiplexer) -> StreamAcceptance
}

/// The answer to a stream that the peer has opened.
public enum StreamAcceptance {
  case accept(StreamHandler)
  case refuse(code: UInt64)
}
