// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession
import MeshWire

/// Where a message stood in a session when a copy of it was given to a carrier: its receiver tells by this whether it
/// has the message already.
public struct SessionPlace: Hashable, Sendable {
  /// The conversation of the two nodes.
  public var conversation: Conversation
  /// Where in it.
  public var message: MessagePlace

  /// The numbers by which both sides tell a conversation from all others with the same peer.
  public struct Conversation: Hashable, Sendable {
    /// The number of the message's sender.
    public var sender: UInt64
    /// The number of its recipient.
    public var recipient: UInt64

    /// A conversation.
    public init(sender: UInt64, recipient: UInt64) {
      self.sender = sender
      self.recipient = recipient
    }
  }

  /// Bytes of its encoding.
  static let length = 32
  /// No stream has this number: it is no varint.
  private static let streamLimit: UInt64 = 1 << 62
  /// No stream of a session is as long as this.
  private static let offsetLimit: UInt64 = 1 << 61

  /// A place.
  public init(conversation: Conversation, message: MessagePlace) {
    self.conversation = conversation
    self.message = message
  }

  func write(to writer: inout GrowingByteWriter) {
    writer.u64(conversation.sender)
    writer.u64(conversation.recipient)
    writer.u64(message.stream)
    writer.u64(message.offset)
  }

  init(_ reader: inout ByteReader) throws(WireError) {
    conversation = Conversation(sender: try reader.u64(), recipient: try reader.u64())
    message = MessagePlace(stream: try reader.u64(), offset: try reader.u64())
    guard message.stream < Self.streamLimit, message.offset < Self.offsetLimit else { throw .malformed }
  }
}
