// SPDX-License-Identifier: Apache-2.0

/// The name of a node: its 32-byte Ed25519 public key. Stored inline, ordered bytewise.
public struct NodeID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The number of bytes.
  public static let length = 32

  // Words as they lie in memory, so that the bytes can be read in place.
  @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

  /// The node with this public key; nil unless `bytes` are 32.
  @inlinable public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == NodeID.length else { return nil }
    words = (
      bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    )
  }

  /// The node with this public key; nil unless `bytes` are 32.
  public init?(bytes: [UInt8]) {
    guard let id = bytes.withUnsafeBytes({ NodeID(bytes: $0) }) else { return nil }
    self = id
  }

  /// Lends the 32 bytes for the time of the call.
  @inlinable public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try withUnsafeBytes(of: words, body)
  }

  /// The 32 bytes, copied.
  public var bytes: [UInt8] { withBytes { Array($0) } }

  /// The same bytes.
  @inlinable public static func == (left: NodeID, right: NodeID) -> Bool { left.words == right.words }

  /// Bytewise order, the first byte most significant.
  @inlinable public static func < (left: NodeID, right: NodeID) -> Bool {
    let (a, b) = (left.words, right.words)
    return (a.0.bigEndian, a.1.bigEndian, a.2.bigEndian, a.3.bigEndian)
      < (b.0.bigEndian, b.1.bigEndian, b.2.bigEndian, b.3.bigEndian)
  }

  /// Hashes all 32 bytes: a key may be chosen so that parts of it collide.
  @inlinable public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
