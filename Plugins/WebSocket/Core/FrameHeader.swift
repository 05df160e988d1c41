// SPDX-License-Identifier: Apache-2.0

/// The 2 to 14 bytes before a frame's payload (RFC 6455, 5.2).
public struct FrameHeader: Equatable, Sendable {
  /// Bytes of the longest header: 64-bit length and mask.
  public static let maximumLength = 14
  /// Most payload bytes of a control frame.
  public static let maximumControlPayload = 125

  /// Last frame of its message.
  public var isFinal: Bool
  /// RSV1: the message is compressed (RFC 7692, 6).
  public var isCompressed: Bool
  /// Kind of frame.
  public var opcode: Opcode
  /// The four bytes of the masking key as they stand in memory, or nil for an unmasked frame.
  public var maskKey: UInt32?
  /// Bytes of payload that follow.
  public var payloadLength: Int

  /// A header to send.
  public init(
    opcode: Opcode, payloadLength: Int, isFinal: Bool = true, isCompressed: Bool = false, maskKey: UInt32? = nil
  ) {
    self.isFinal = isFinal
    self.isCompressed = isCompressed
    self.opcode = opcode
    self.maskKey = maskKey
    self.payloadLength = payloadLength
  }

  /// Bytes that a header takes in its shortest form.
  @inlinable
  public static func encodedLength(payloadLength: Int, masked: Bool) -> Int {
    (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + (masked ? 4 : 0)
  }

  /// Bytes that this header takes.
  public var encodedLength: Int {
    Self.encodedLength(payloadLength: payloadLength, masked: maskKey != nil)
  }

  /// Writes the header at `target`, which has room for `encodedLength` bytes, and returns how many it wrote.
  @discardableResult
  public func write(to target: UnsafeMutableRawPointer) -> Int {
    let first = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue
    let maskBit: UInt8 = maskKey == nil ? 0 : 0x80
    target.storeBytes(of: first, as: UInt8.self)
    var length = 2
    if payloadLength < 126 {
      target.storeBytes(of: maskBit | UInt8(payloadLength), toByteOffset: 1, as: UInt8.self)
    } else if payloadLength < 65_536 {
      target.storeBytes(of: maskBit | 126, toByteOffset: 1, as: UInt8.self)
      target.storeBytes(of: UInt16(payloadLength).bigEndian, toByteOffset: 2, as: UInt16.self)
      length = 4
    } else {
      target.storeBytes(of: maskBit | 127, toByteOffset: 1, as: UInt8.self)
      target.storeBytes(of: UInt64(payloadLength).bigEndian, toByteOffset: 2, as: UInt64.self)
      length = 10
    }
    if let maskKey {
      target.storeBytes(of: maskKey, toByteOffset: length, as: UInt32.self)
      length += 4
    }
    return length
  }
}
