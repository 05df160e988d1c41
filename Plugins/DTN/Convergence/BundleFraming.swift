// SPDX-License-Identifier: Apache-2.0

/// How bundles are told apart on a stream that carries nothing else.
public enum BundleFraming: Sendable {
  /// Each is a CBOR byte string (draft-ietf-dtn-mtcpcl).
  case mtcp
  /// Four bytes of length before each, most significant first; length 0 is a sign of life.
  case stcp

  /// What stands before a bundle.
  enum Header: Equatable {
    /// So many bytes follow; the header itself has `size`.
    case bundle(length: UInt64, size: Int)
    case keepAlive(size: Int)
  }

  /// Nil when the header has not arrived as a whole.
  func header(_ bytes: UnsafeRawBufferPointer) throws(ProtocolFault) -> Header? {
    var reader = OctetReader(bytes)
    switch self {
    case .stcp:
      guard let length = reader.number(UInt32.self) else { return nil }
      return length == 0 ? .keepAlive(size: 4) : .bundle(length: UInt64(length), size: 4)
    case .mtcp:
      guard let first = reader.number(UInt8.self) else { return nil }
      guard first >> 5 == 2, first & 31 < 28 else { throw .malformed("an item that is no byte string of known length") }
      let length: UInt64?
      switch first & 31 {
      case 24: length = reader.number(UInt8.self).map { UInt64($0) }
      case 25: length = reader.number(UInt16.self).map { UInt64($0) }
      case 26: length = reader.number(UInt32.self).map { UInt64($0) }
      case 27: length = reader.number(UInt64.self)
      default: length = UInt64(first & 31)
      }
      guard let length else { return nil }
      guard length > 0 else { throw .malformed("a bundle of no bytes") }
      return .bundle(length: length, size: reader.position)
    }
  }

  func write(_ length: Int, to output: inout OctetQueue) {
    switch self {
    case .stcp: output.append(bigEndian: UInt32(length))
    case .mtcp:
      switch length {
      case ..<24: output.append(0x40 | UInt8(length))
      case ..<0x100:
        output.append(0x58)
        output.append(UInt8(length))
      case ..<0x1_0000:
        output.append(0x59)
        output.append(bigEndian: UInt16(length))
      case ..<0x1_0000_0000:
        output.append(0x5a)
        output.append(bigEndian: UInt32(length))
      default:
        output.append(0x5b)
        output.append(bigEndian: UInt64(length))
      }
    }
  }
}
