// SPDX-License-Identifier: Apache-2.0

/// What agents say to each other over a session: kind (1) ‖ number (8, big-endian) ‖ the rest.
///
/// A transfer is numbered by its sender and answered once, after the sync. Sessions outlive links, so that an answer may
/// come long after its link has gone: no number is used twice, in no life of the sender.
public enum NeighbourMessage: Equatable, Sendable {
  /// A whole bundle.
  case bundle(number: UInt64, [UInt8])
  /// The bundle is on disk there.
  case taken(number: UInt64)
  /// The bundle was not taken.
  case refused(number: UInt64, Refusal)
  /// There is room again after a refusal for want of it.
  case room
  /// What the routing of the one tells that of the other.
  case routing([UInt8])
  /// The life of the agent, another number in each: what earlier ones had under way is answered by nobody.
  case life(number: UInt64)

  /// Why a bundle was not taken: the codes of TCPCLv4 (RFC 9174 section 5.2.4).
  public enum Refusal: UInt8, Sendable {
    case unknown = 0
    /// It has it, or had it.
    case completed = 1
    case noResources = 2
    case retransmit = 3
    case notAcceptable = 4
  }

  /// The bytes on the session.
  public var encoded: [UInt8] {
    switch self {
    case .bundle(let number, let bytes): Self.head(1, number, bytes.count) + bytes
    case .taken(let number): Self.head(2, number)
    case .refused(let number, let reason): Self.head(3, number) + [reason.rawValue]
    case .room: Self.head(4, 0)
    case .life(let number): Self.head(6, number)
    case .routing(let message): Self.head(5, 0, message.count) + message
    }
  }

  private static func head(_ kind: UInt8, _ number: UInt64, _ more: Int = 1) -> [UInt8] {
    var bytes: [UInt8] = [kind]
    bytes.reserveCapacity(9 + more)
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Reads a message; nil for what is none of these, which a later version may send.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 9 else { return nil }
    let number = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
    switch bytes[0] {
    case 1: self = .bundle(number: number, Array(bytes[9...]))
    case 2: self = .taken(number: number)
    case 3:
      guard bytes.count >= 10 else { return nil }
      self = .refused(number: number, Refusal(rawValue: bytes[9]) ?? .unknown)
    case 4: self = .room
    case 6: self = .life(number: number)
    case 5: self = .routing(Array(bytes[9...]))
    default: return nil
    }
  }
}
