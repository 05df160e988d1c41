// SPDX-License-Identifier: Apache-2.0

/// The first six bytes of each side: `dtn!`, the version, the flags (RFC 9174 section 4.2).
struct ContactHeader: Equatable {
  static let size = 6
  static let magic: [UInt8] = [0x64, 0x74, 0x6e, 0x21]
  static let version: UInt8 = 4

  var canTLS: Bool

  func write(to output: inout OctetQueue) {
    output.append(Self.magic[...])
    output.append(Self.version)
    output.append(canTLS ? 1 : 0)
  }

  /// Nil when it has not arrived as a whole; a wrong beginning is found at its first wrong byte.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(ProtocolFault) -> ContactHeader? {
    guard bytes.prefix(4).elementsEqual(magic.prefix(bytes.count)) else { throw .notTheProtocol }
    guard bytes.count >= 5 else { return nil }
    guard bytes[4] == version else { throw .version(bytes[4]) }
    return bytes.count >= size ? ContactHeader(canTLS: bytes[5] & 1 == 1) : nil
  }
}
