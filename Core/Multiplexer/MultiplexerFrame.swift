// SPDX-License-Identifier: Apache-2.0

/// Frame types of the multiplexer; numbers are QUIC varints.
enum MultiplexerFrame {
  /// id ‖ offset ‖ length ‖ bytes.
  static let stream: UInt8 = 0x10
  /// The same, and the stream ends behind these bytes.
  static let streamEnd: UInt8 = 0x11
  /// id ‖ code ‖ final size: the sender gives up on its side.
  static let reset: UInt8 = 0x12
  /// id ‖ code ‖ offset: the reader wants no more; what lies below the offset it has released.
  static let stop: UInt8 = 0x13
  /// id ‖ offset ‖ limit: the reader has released everything below the offset, which confirms delivery, and takes
  /// bytes up to the limit.
  static let released: UInt8 = 0x14
  /// total: bytes released over all streams of the session.
  static let sessionReleased: UInt8 = 0x15
  /// count: how many streams the receiver of this frame may have opened in all.
  static let streamLimit: UInt8 = 0x16
  /// id ‖ sequence ‖ length ‖ bytes: one unreliable message of a message stream.
  static let datagram: UInt8 = 0x17

  /// Type, id, offset and length at their longest.
  static let streamHeaderRoom = 1 + 8 + 8 + 8
}
