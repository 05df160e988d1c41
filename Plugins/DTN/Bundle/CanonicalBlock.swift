// SPDX-License-Identifier: Apache-2.0

/// Any block but the first (RFC 9171 section 4.3.2).
public struct CanonicalBlock: Hashable, Sendable {
  /// What the block is for.
  public var type: BlockType
  /// Tells blocks of a bundle apart; 1 for the payload, 0 is the primary block.
  public var number: UInt64
  /// What holds for the block.
  public var flags: BlockFlags
  /// The checksum over the block.
  public var checksum: ChecksumType
  /// The content: for the payload the data itself, for others their own encoding.
  public var data: [UInt8]

  /// A block; see the members.
  public init(
    type: BlockType, number: UInt64, flags: BlockFlags = [], checksum: ChecksumType = .crc32c, data: [UInt8]
  ) {
    self.type = type
    self.number = number
    self.flags = flags
    self.checksum = checksum
    self.data = data
  }

  func write(to writer: inout ItemWriter) {
    let start = writer.bytes.count
    writer.array(checksum == .none ? 5 : 6)
    writer.unsigned(type.rawValue)
    writer.unsigned(number)
    writer.unsigned(flags.rawValue)
    writer.unsigned(checksum.rawValue)
    writer.string(data)
    if checksum != .none {
      writer.string(repeatElement(0, count: checksum.size))
      writer.seal(checksum, from: start)
    }
  }

  init(from reader: inout ItemReader) throws(BundleError) {
    let start = reader.position
    try self.init(unverified: &reader)
    try checksum.verify(&reader, from: start)
    guard number > 0 else { throw BundleError(.invalid, "a block has the primary block's number 0", at: start) }
    guard (type == .payload) == (number == 1) else {
      throw BundleError(.invalid, "a block of type \(type.rawValue) has the number \(number)", at: start)
    }
  }

  /// Reads up to the checksum, and checks no rule.
  init(unverified reader: inout ItemReader) throws(BundleError) {
    let start = reader.position
    let count = try reader.array("a block")
    guard count == 5 || count == 6 else { throw BundleError(.malformed, "a block has \(count) items", at: start) }
    type = BlockType(rawValue: try reader.unsigned("a block's type"))
    number = try reader.unsigned("a block's number")
    flags = BlockFlags(rawValue: try reader.unsigned("a block's flags"))
    checksum = try ChecksumType(from: &reader)
    guard (count == 6) == (checksum != .none) else {
      throw BundleError(.malformed, "a block has \(count) items, which its checksum type denies", at: start)
    }
    data = Array(try reader.string("a block's content"))
  }
}

/// What a block is for (RFC 9171 section 9.1). Types that are not named here are kept and passed on.
public struct BlockType: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt64
  /// A type from its number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The data of the application.
  public static let payload = BlockType(rawValue: 1)
  /// The node that forwarded the bundle last.
  public static let previousNode = BlockType(rawValue: 6)
  /// Milliseconds since the bundle was made, for nodes without a clock.
  public static let bundleAge = BlockType(rawValue: 7)
  /// How often it was forwarded, and how often it may be.
  public static let hopCount = BlockType(rawValue: 10)
  /// Integrity (RFC 9172).
  public static let integrity = BlockType(rawValue: 11)
  /// Confidentiality (RFC 9172).
  public static let confidentiality = BlockType(rawValue: 12)
}
