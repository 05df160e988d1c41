// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// How urgent a bundle is here. BPv7 has no field for it: local policy decides.
public enum BundlePriority: UInt8, CaseIterable, Comparable, Sendable {
  case bulk = 0
  case normal = 1
  case expedited = 2

  /// By urgency.
  public static func < (one: BundlePriority, other: BundlePriority) -> Bool { one.rawValue < other.rawValue }
}

/// What the store knows of a bundle beside its bytes.
public struct BundleRecord: Hashable, Sendable {
  /// What is kept whatever room is needed, and what may go first.
  public struct Marks: OptionSet, Hashable, Sendable {
    /// One bit a mark.
    public let rawValue: UInt8
    /// Marks from their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Made by this node: never evicted.
    public static let own = Marks(rawValue: 1)
    /// This node has taken responsibility for it: never evicted.
    public static let custody = Marks(rawValue: 2)
    /// Its destination is known to have it: evicted first.
    public static let delivered = Marks(rawValue: 4)
    /// Others hold copies of it: evicted next.
    public static let replicated = Marks(rawValue: 8)
    /// It was handed to a neighbour, and is kept until that is settled.
    public static let forwarded = Marks(rawValue: 16)
  }

  /// What tells it from all others.
  public var id: BundleID
  /// Who it is for.
  public var destination: EndpointID
  /// Milliseconds of the bundle epoch (2000) at which it is of no use.
  public var deadline: UInt64
  /// How urgent it is here.
  public var priority: BundlePriority
  /// See `Marks`.
  public var marks: Marks
  /// With spray and wait: how many copies this node may still give away, its own counted; nil before it has given any.
  public var copies: UInt32?
  /// The neighbour it came through, `EndpointID.none` for one that may call itself anything; nil for what was made here.
  public var neighbour: EndpointID?

  /// A record; see the members.
  public init(
    id: BundleID, destination: EndpointID, deadline: UInt64, priority: BundlePriority = .normal, marks: Marks = []
  ) {
    self.id = id
    self.destination = destination
    self.deadline = deadline
    self.priority = priority
    self.marks = marks
  }
}

extension BundleRecord {
  /// The form on disk: a CBOR pair of the record, an array, and the CRC-32C of that array's bytes. The size of the bundle is
  /// in it, so that a start reads the records alone.
  func encoded(size: Int) -> [UInt8] {
    var writer = ItemWriter()
    writer.array(2)
    let start = writer.bytes.count
    writer.array(7 + (id.fragment == nil ? 0 : 2) + (neighbour == nil ? 0 : 1))
    id.source.write(to: &writer)
    writer.unsigned(id.timestamp.time)
    writer.unsigned(id.timestamp.sequence)
    destination.write(to: &writer)
    writer.unsigned(deadline)
    writer.unsigned(UInt64(copies ?? 0) << 16 | UInt64(priority.rawValue) << 8 | UInt64(marks.rawValue))
    if let fragment = id.fragment {
      writer.unsigned(fragment.offset)
      writer.unsigned(fragment.length)
    }
    writer.unsigned(UInt64(size))
    neighbour?.write(to: &writer)
    let checksum = writer.bytes[start...].withUnsafeBytes { ChecksumType.crc32c.compute($0) }
    writer.unsigned(UInt64(checksum))
    return writer.bytes
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(BundleError) {
    var endpoints = EndpointCache(places: 0)
    var size: Int?
    try self.init(bytes, endpoints: &endpoints, size: &size)
  }

  /// - Parameters:
  ///   - endpoints: what was read before; most records name the same few.
  ///   - size: bytes of the bundle; nil in records of stores that did not write it. They have no checksum either.
  init(
    _ bytes: UnsafeRawBufferPointer, endpoints: inout EndpointCache, size: inout Int?
  ) throws(BundleError) {
    var reader = ItemReader(bytes)
    var count = try reader.array("a record of the store")
    let start = reader.position
    let isChecked = count == 2
    if isChecked { count = try reader.array("a record of the store") }
    guard (isChecked ? 7...10 : 6...9).contains(count) else {
      throw reader.malformed("a record of the store has \(count) items")
    }
    let source = try endpoints.read(&reader)
    let time = try reader.unsigned("a creation time")
    let sequence = try reader.unsigned("a sequence number")
    id = BundleID(source: source, timestamp: CreationTimestamp(time: time, sequence: sequence))
    destination = try endpoints.read(&reader)
    deadline = try reader.unsigned("a deadline")
    let word = try reader.unsigned("priority and marks")
    priority = BundlePriority(rawValue: UInt8(truncatingIfNeeded: word >> 8)) ?? .normal
    marks = Marks(rawValue: UInt8(truncatingIfNeeded: word))
    copies = UInt32(exactly: word >> 16).flatMap { $0 > 0 ? $0 : nil }
    if count >= (isChecked ? 9 : 8) {
      let offset = try reader.unsigned("a fragment's offset")
      id.fragment = .init(offset: offset, length: try reader.unsigned("a fragment's length"))
    }
    size = count % 2 == 0 && !isChecked ? nil : Int(clamping: try reader.unsigned("a bundle's size"))
    guard isChecked else { return }
    if count % 2 == 0 { neighbour = try endpoints.read(&reader) }
    let covered = UnsafeRawBufferPointer(rebasing: bytes[start..<reader.position])
    guard try reader.unsigned("a checksum") == UInt64(ChecksumType.crc32c.compute(covered)), reader.isAtEnd else {
      throw reader.malformed("the checksum of a record does not fit")
    }
  }
}
