// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// What every version of QUIC has in common (RFC 8999): enough to know whose packet it is.
public struct PacketHeader: Sendable, Equatable {
  /// Nil for a short header.
  public let version: UInt32?
  /// Offsets of the destination id in the packet. A short header's has the length this end gives its ids.
  public let destination: Range<Int>
  /// Offsets of the source id; empty for a short header.
  public let source: Range<Int>

  /// Reads the first packet of a datagram. Nil when it is too short, or the ids are longer than its version allows:
  /// 20 bytes in version 1, 255 in one that is not known here.
  public init?(_ packet: UnsafeRawBufferPointer) {
    guard let first = packet.first else { return nil }
    guard first & 0x80 != 0 else {
      guard packet.count > Int(CQUIC_ID_LENGTH) else { return nil }
      version = nil
      destination = 1..<1 + Int(CQUIC_ID_LENGTH)
      source = 0..<0
      return
    }
    guard packet.count >= 7 else { return nil }
    let version = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
    let destinationLength = Int(packet[5])
    guard packet.count >= 7 + destinationLength else { return nil }
    let sourceLength = Int(packet[6 + destinationLength])
    guard packet.count >= 7 + destinationLength + sourceLength else { return nil }
    if cquic_packet_is_supported(version) != 0 {
      guard destinationLength <= Int(CQUIC_ID_MAXIMUM), sourceLength <= Int(CQUIC_ID_MAXIMUM) else { return nil }
    }
    self.version = version
    destination = 6..<6 + destinationLength
    source = 7 + destinationLength..<7 + destinationLength + sourceLength
  }
}
