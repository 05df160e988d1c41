// SPDX-License-Identifier: Apache-2.0

/// The first block of a bundle, which no node on the way changes (RFC 9171 section 4.3.1).
public struct PrimaryBlock: Hashable, Sendable {
  /// What holds for the whole bundle.
  public var flags: BundleFlags
  /// The checksum over this block.
  public var checksum: ChecksumType
  /// Who the bundle is for.
  public var destination: EndpointID
  /// Who made it; nobody for an anonymous one.
  public var source: EndpointID
  /// Who gets status reports.
  public var reportTo: EndpointID
  /// When it was made.
  public var timestamp: CreationTimestamp
  /// Milliseconds after its creation at which it is of no use.
  public var lifetime: UInt64
  /// Where a fragment belongs; nil for a whole bundle.
  public var fragment: Fragment?

  /// The place of a fragment in the data that was cut.
  public struct Fragment: Hashable, Sendable {
    /// Bytes of data before it.
    public var offset: UInt64
    /// Bytes of the whole data.
    public var total: UInt64

    /// A place.
    public init(offset: UInt64, total: UInt64) {
      self.offset = offset
      self.total = total
    }
  }

  /// A primary block; see the members.
  public init(
    destination: EndpointID, source: EndpointID, reportTo: EndpointID = .none, timestamp: CreationTimestamp,
    lifetime: UInt64, flags: BundleFlags = [], checksum: ChecksumType = .crc32c, fragment: Fragment? = nil
  ) {
    self.destination = destination
    self.source = source
    self.reportTo = reportTo
    self.timestamp = timestamp
    self.lifetime = lifetime
    self.flags = fragment == nil ? flags.subtracting(.fragment) : flags.union(.fragment)
    self.checksum = checksum
    self.fragment = fragment
  }

  /// The encoding with its checksum: what a security block signs.
  public var encoded: [UInt8] {
    var writer = ItemWriter()
    write(to: &writer)
    return writer.bytes
  }

  func write(to writer: inout ItemWriter) {
    let start = writer.bytes.count
    writer.array(8 + (fragment == nil ? 0 : 2) + (checksum == .none ? 0 : 1))
    writer.unsigned(7)
    writer.unsigned(flags.rawValue)
    writer.unsigned(checksum.rawValue)
    destination.write(to: &writer)
    source.write(to: &writer)
    reportTo.write(to: &writer)
    timestamp.write(to: &writer)
    writer.unsigned(lifetime)
    if let fragment {
      writer.unsigned(fragment.offset)
      writer.unsigned(fragment.total)
    }
    if checksum != .none {
      writer.string(repeatElement(0, count: checksum.size))
      writer.seal(checksum, from: start)
    }
  }

  init(from reader: inout ItemReader, limits: BundleLimits) throws(BundleError) {
    let start = reader.position
    try self.init(unverified: &reader, limits: limits)
    try checksum.verify(&reader, from: start)
    try validate(at: start)
  }

  /// Reads up to the checksum, and checks no rule.
  init(unverified reader: inout ItemReader, limits: BundleLimits) throws(BundleError) {
    let start = reader.position
    let count = try reader.array("the primary block")
    guard (8...11).contains(count) else {
      throw BundleError(.malformed, "the primary block has \(count) items", at: start)
    }
    let version = try reader.unsigned("the version")
    guard version == 7 else { throw BundleError(.invalid, "version \(version) of the Bundle Protocol", at: start) }
    flags = BundleFlags(rawValue: try reader.unsigned("the bundle's flags"))
    checksum = try ChecksumType(from: &reader)
    let isFragment = flags.contains(.fragment)
    guard count == 8 + (isFragment ? 2 : 0) + (checksum == .none ? 0 : 1) else {
      throw BundleError(
        .malformed, "the primary block has \(count) items, which its flags and checksum deny", at: start)
    }
    destination = try EndpointID(from: &reader, limits: limits)
    source = try EndpointID(from: &reader, limits: limits)
    reportTo = try EndpointID(from: &reader, limits: limits)
    timestamp = try CreationTimestamp(from: &reader)
    lifetime = try reader.unsigned("the lifetime")
    if isFragment {
      let offset = try reader.unsigned("a fragment's offset")
      fragment = Fragment(offset: offset, total: try reader.unsigned("the length of the whole data"))
    }
  }

  /// The rules of RFC 9171 section 4.2.3 that concern the primary block alone.
  func validate(at offset: Int = -1) throws(BundleError) {
    func refuse(_ text: String) throws(BundleError) { throw BundleError(.invalid, text, at: offset) }
    if let fragment {
      guard fragment.offset < fragment.total else { return try refuse("a fragment begins behind the end of its data") }
      if flags.contains(.mustNotFragment) { try refuse("a fragment of a bundle that must not be cut") }
    }
    if flags.contains(.administrative), !flags.isDisjoint(with: .reports) {
      try refuse("an administrative record asks for status reports")
    }
    if source.isNull {
      guard flags.contains(.mustNotFragment) else { return try refuse("an anonymous bundle may be cut") }
      if !flags.isDisjoint(with: .reports) { try refuse("an anonymous bundle asks for status reports") }
    }
  }
}

extension ChecksumType {
  init(from reader: inout ItemReader) throws(BundleError) {
    let start = reader.position
    let value = try reader.unsigned("a checksum's type")
    guard let type = ChecksumType(rawValue: value) else {
      throw BundleError(.invalid, "checksum type \(value), which RFC 9171 does not have", at: start)
    }
    self = type
  }

  /// Reads the value, the last item of its block, and compares.
  func verify(_ reader: inout ItemReader, from start: Int) throws(BundleError) {
    guard self != .none else { return }
    let value = try reader.string("a checksum")
    guard value.count == size else { throw reader.malformed("a checksum of \(value.count) bytes instead of \(size)") }
    let covered = UnsafeRawBufferPointer(rebasing: reader.bytes[start..<(reader.position - size)])
    let computed = withUnsafeTemporaryAllocation(byteCount: size, alignment: 4) { zeros -> UInt32 in
      zeros.initializeMemory(as: UInt8.self, repeating: 0)
      return finish(update(update(self.start, covered), UnsafeRawBufferPointer(zeros)))
    }
    let stated = value.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard computed == stated else {
      throw BundleError(.checksum, "the checksum of a block does not fit", at: start)
    }
  }
}
