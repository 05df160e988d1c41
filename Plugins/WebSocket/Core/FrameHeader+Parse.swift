// SPDX-License-Identifier: Apache-2.0

extension FrameHeader {
  /// Reads a header that the end with `role` received, from `available` bytes at `source`.
  ///
  /// Returns nil while bytes are missing. What the first two bytes already give away is refused at once.
  /// `compression` says whether RFC 7692 was negotiated, so that RSV1 may be set on a message's first frame.
  public static func parse(
    _ source: UnsafeRawPointer, available: Int, role: Role, compression: Bool = false
  ) throws(ProtocolViolation) -> FrameHeader? {
    guard available >= 2 else { return nil }
    let first = source.load(as: UInt8.self)
    let second = source.load(fromByteOffset: 1, as: UInt8.self)
    guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode }
    guard first & 0x30 == 0 else { throw .reservedBit }
    let isFinal = first & 0x80 != 0
    let isCompressed = first & 0x40 != 0
    if isCompressed, !compression || (opcode != .text && opcode != .binary) { throw .reservedBit }
    let masked = second & 0x80 != 0
    if role == .server {
      guard masked else { throw .unmaskedClientFrame }
    } else {
      guard !masked else { throw .maskedServerFrame }
    }
    let short = Int(second & 0x7F)
    if opcode.isControl {
      guard isFinal else { throw .fragmentedControl }
      guard short <= maximumControlPayload else { throw .controlTooLong }
    }
    var length = 2
    var payloadLength = short
    if short == 126 {
      guard available >= 4 else { return nil }
      payloadLength = Int(UInt16(bigEndian: source.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      guard payloadLength >= 126 else { throw .lengthNotMinimal }
      length = 4
    } else if short == 127 {
      guard available >= 10 else { return nil }
      let long = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      guard long >> 63 == 0 else { throw .lengthTooLarge }
      guard long >= 65_536 else { throw .lengthNotMinimal }
      payloadLength = Int(long)
      length = 10
    }
    guard masked else {
      return FrameHeader(
        opcode: opcode, payloadLength: payloadLength, isFinal: isFinal, isCompressed: isCompressed)
    }
    guard available >= length + 4 else { return nil }
    let key = source.loadUnaligned(fromByteOffset: length, as: UInt32.self)
    return FrameHeader(
      opcode: opcode, payloadLength: payloadLength, isFinal: isFinal, isCompressed: isCompressed, maskKey: key)
  }
}
