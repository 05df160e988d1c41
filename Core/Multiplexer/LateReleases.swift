// SPDX-License-Identifier: Apache-2.0

/// Hears what becomes of messages that an application holds of a conversation that is over.
public protocol LateReleases: AnyObject {
  /// Released, in the order in which they were sent: bytes of their records.
  func released(_ bytes: Int)
  /// The application has gone: nobody will release the rest.
  func dropped()
}

extension Multiplexer {
  /// Messages of one stream that its reader has and has not released.
  public struct HeldMessages {
    /// Their reader.
    public let handler: StreamHandler
    /// The stream, until the conversation is over.
    public let reference: StreamReference
    /// Its number.
    public let stream: UInt64
    /// Offsets from the first that is held to behind the last.
    public let offsets: Range<UInt64>
  }

  /// What readers that release by hand have of the peer's messages and have not released.
  public var heldMessages: [HeldMessages] {
    streams.compactMap { stream in
      guard stream.isOpen, !stream.isLocal, stream.kind == .messages, stream.isHeld, let handler = stream.handler else {
        return nil
      }
      return HeldMessages(
        handler: handler, reference: stream.reference, stream: stream.id,
        offsets: stream.released..<stream.buffer.next)
    }
  }
}

extension ReadingMarks {
  /// The reader of a stream has released more of it.
  public mutating func advance(_ stream: UInt64, to offset: UInt64) {
    if let before = released[stream], before < offset { released[stream] = offset }
  }
}
