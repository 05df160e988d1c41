// SPDX-License-Identifier: Apache-2.0

/// The clear part of a packet: kind and key phase (1 byte) ‖ receiver index (4) ‖ packet number (8), big-endian.
struct PacketHeader {
  /// The low six bits of the first byte.
  enum Kind: UInt8 {
    case handshake1 = 1
    case handshake2 = 2
    case handshake3 = 3
    case data = 4
    case unknown = 5
    case cookie = 6
  }

  static let length = 13
  static let tagLength = 16
  /// What a packet costs beyond its frames.
  static let overhead = length + tagLength

  var phase: UInt8
  var receiver: UInt32
  var number: UInt64

  static func kind(of packet: UnsafeRawBufferPointer) -> Kind? {
    packet.isEmpty ? nil : Kind(rawValue: packet[0] & 0x3f)
  }

  init(phase: UInt8, receiver: UInt32, number: UInt64) {
    self.phase = phase
    self.receiver = receiver
    self.number = number
  }

  /// Reads the header of a data packet, or nil when it is too short to be one.
  init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= Self.overhead else { return nil }
    phase = packet[0] >> 6
    receiver = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
    number = UInt64(bigEndian: packet.loadUnaligned(fromByteOffset: 5, as: UInt64.self))
  }

  func write(to packet: UnsafeMutableRawPointer) {
    packet.storeBytes(of: Kind.data.rawValue | phase << 6, as: UInt8.self)
    packet.storeBytes(of: receiver.bigEndian, toByteOffset: 1, as: UInt32.self)
    packet.storeBytes(of: number.bigEndian, toByteOffset: 5, as: UInt64.self)
  }
}
