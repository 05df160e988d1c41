// SPDX-License-Identifier: Apache-2.0

/// One bundle of the Bundle Protocol version 7 (RFC 9171).
public struct Bundle: Hashable, Sendable {
  /// The first block.
  public var primary: PrimaryBlock
  /// The others in their order; the payload is the last.
  public var blocks: [CanonicalBlock]

  /// A bundle with a payload and, before it, other blocks.
  /// - Parameter checksum: of the payload block.
  public init(
    primary: PrimaryBlock, extensions: [CanonicalBlock] = [], payload: [UInt8], checksum: ChecksumType = .crc32c
  ) {
    self.primary = primary
    blocks = extensions + [CanonicalBlock(type: .payload, number: 1, checksum: checksum, data: payload)]
  }

  init(primary: PrimaryBlock, blocks: [CanonicalBlock]) {
    self.primary = primary
    self.blocks = blocks
  }

  /// What tells this bundle from all others.
  public var id: BundleID {
    BundleID(
      source: primary.source, timestamp: primary.timestamp,
      fragment: primary.fragment.map { BundleID.Part(offset: $0.offset, length: UInt64(payload.count)) })
  }

  /// The data of the application, or of an administrative record.
  public var payload: [UInt8] { blocks.last?.data ?? [] }

  /// The first block of a type.
  public func block(_ type: BlockType) -> CanonicalBlock? { blocks.first { $0.type == type } }

  /// A block by its number.
  public func block(number: UInt64) -> CanonicalBlock? { blocks.first { $0.number == number } }

  /// The smallest number above the payload's that no block has.
  public var freeNumber: UInt64 {
    var number: UInt64 = 2
    while blocks.contains(where: { $0.number == number }) { number += 1 }
    return number
  }

  /// The node that sent it here (block type 6), if it says so and can be read.
  public var previousNode: EndpointID? {
    get { read(.previousNode) { reader throws(BundleError) in try EndpointID(from: &reader, limits: BundleLimits()) } }
    set {
      set(
        .previousNode,
        newValue.map { node in
          var writer = ItemWriter()
          node.write(to: &writer)
          return writer.bytes
        })
    }
  }

  /// Milliseconds since it was made, as far as its nodes know (block type 7).
  public var age: UInt64? {
    get { read(.bundleAge) { reader throws(BundleError) in try reader.unsigned("an age") } }
    set {
      set(
        .bundleAge,
        newValue.map { age in
          var writer = ItemWriter()
          writer.unsigned(age)
          return writer.bytes
        })
    }
  }

  /// How often it may be forwarded and was (block type 10).
  public var hopCount: HopCount? {
    get { read(.hopCount) { reader throws(BundleError) in try HopCount(from: &reader) } }
    set {
      set(
        .hopCount,
        newValue.map { hops in
          var writer = ItemWriter()
          hops.write(to: &writer)
          return writer.bytes
        })
    }
  }

  private func read<Value>(
    _ type: BlockType, _ body: (inout ItemReader) throws(BundleError) -> Value
  ) -> Value? {
    guard let block = block(type) else { return nil }
    return block.data.withUnsafeBytes { bytes -> Value? in
      var reader = ItemReader(bytes)
      guard let value = try? body(&reader), reader.isAtEnd else { return nil }
      return value
    }
  }

  private mutating func set(_ type: BlockType, _ data: [UInt8]?) {
    if let index = blocks.firstIndex(where: { $0.type == type }) {
      if let data { blocks[index].data = data } else { blocks.remove(at: index) }
    } else if let data {
      blocks.insert(CanonicalBlock(type: type, number: freeNumber, data: data), at: blocks.count - 1)
    }
  }
}

/// What tells a bundle or fragment from all others (RFC 9171 section 4.2.3).
public struct BundleID: Hashable, Sendable {
  /// Who made it.
  public var source: EndpointID
  /// When it was made.
  public var timestamp: CreationTimestamp
  /// Which piece of it, nil for a whole one.
  public var fragment: Part?

  /// A piece of the data.
  public struct Part: Hashable, Sendable {
    /// Bytes of data before it.
    public var offset: UInt64
    /// Bytes in it.
    public var length: UInt64

    /// A piece.
    public init(offset: UInt64, length: UInt64) {
      self.offset = offset
      self.length = length
    }
  }

  /// An identity; see the members.
  public init(source: EndpointID, timestamp: CreationTimestamp, fragment: Part? = nil) {
    self.source = source
    self.timestamp = timestamp
    self.fragment = fragment
  }
}

extension BundleID: CustomStringConvertible {
  /// Source, time and number, and for a fragment its place.
  public var description: String {
    let whole = "\(source)-\(timestamp.time)-\(timestamp.sequence)"
    return fragment.map { "\(whole)-\($0.offset)+\($0.length)" } ?? whole
  }
}

/// How often a bundle may be forwarded and was (RFC 9171 section 4.4.3).
public struct HopCount: Hashable, Sendable {
  /// 1 to 255.
  public var limit: UInt8
  /// Hops so far.
  public var count: UInt64

  /// A count with its limit.
  public init(limit: UInt8, count: UInt64) {
    self.limit = limit
    self.count = count
  }

  init(from reader: inout ItemReader) throws(BundleError) {
    guard try reader.array("a hop count") == 2 else { throw reader.malformed("a hop count is not a pair") }
    guard let limit = UInt8(exactly: try reader.unsigned("a hop limit")), limit > 0 else {
      throw reader.malformed("a hop limit outside 1 to 255")
    }
    self.limit = limit
    count = try reader.unsigned("a hop count")
  }

  func write(to writer: inout ItemWriter) {
    writer.array(2)
    writer.unsigned(UInt64(limit))
    writer.unsigned(count)
  }
}
