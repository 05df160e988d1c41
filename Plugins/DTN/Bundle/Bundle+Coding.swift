// SPDX-License-Identifier: Apache-2.0

extension Bundle {
  /// The bytes of the bundle. A bundle that was read comes out as it went in, byte for byte.
  public var encoded: [UInt8] {
    var writer = ItemWriter(reserving: blocks.reduce(256) { $0 + $1.data.count + 32 })
    writer.byte(ItemReader.indefiniteArray)
    primary.write(to: &writer)
    for block in blocks { block.write(to: &writer) }
    writer.byte(ItemReader.stop)
    return writer.bytes
  }

  /// Reads one bundle, which is all of `input`.
  /// - Throws: the first rule of RFC 9171 that it breaks. Blocks that only their own reader could find fault with do not
  ///   count: what becomes of them is `processing`'s to say.
  public init(_ input: UnsafeRawBufferPointer, limits: BundleLimits = BundleLimits()) throws(BundleError) {
    guard input.count <= limits.size else {
      throw BundleError(.limit, "a bundle of \(input.count) bytes, more than \(limits.size)")
    }
    var reader = ItemReader(input)
    try reader.expect(ItemReader.indefiniteArray, "a bundle does not begin with an array of indefinite length")
    primary = try PrimaryBlock(from: &reader, limits: limits)
    blocks = []
    while try reader.peek() != ItemReader.stop {
      guard blocks.count < limits.blocks else {
        throw BundleError(.limit, "more than \(limits.blocks) blocks", at: reader.position)
      }
      guard blocks.last?.type != .payload else {
        throw BundleError(.invalid, "a block follows the payload", at: reader.position)
      }
      let start = reader.position
      let block = try CanonicalBlock(from: &reader)
      guard !blocks.contains(where: { $0.number == block.number }) else {
        throw BundleError(.invalid, "two blocks have the number \(block.number)", at: start)
      }
      blocks.append(block)
    }
    try reader.expect(ItemReader.stop, "a bundle does not end")
    guard reader.isAtEnd else {
      throw BundleError(.malformed, "\(input.count - reader.position) bytes follow the bundle", at: reader.position)
    }
    try validate(limits)
  }

  /// As the other initializer, from an array.
  public init(_ input: [UInt8], limits: BundleLimits = BundleLimits()) throws(BundleError) {
    let result = input.withUnsafeBytes { bytes in
      Result { () throws(BundleError) in try Bundle(bytes, limits: limits) }
    }
    self = try result.get()
  }

  /// The rules that concern more than one block.
  func validate(_ limits: BundleLimits = BundleLimits()) throws(BundleError) {
    guard blocks.last?.type == .payload else { throw BundleError(.invalid, "there is no payload block") }
    for type in [BlockType.previousNode, .bundleAge, .hopCount] where blocks.count(where: { $0.type == type }) > 1 {
      throw BundleError(.invalid, "more than one block of type \(type.rawValue)")
    }
    if primary.checksum == .none, !limits.isLenient, !integrityCoversPrimary {
      throw BundleError(.invalid, "the primary block has neither a checksum nor an integrity block")
    }
    if primary.timestamp.time == 0, block(.bundleAge) == nil, !limits.isLenient {
      throw BundleError(.invalid, "a bundle without a creation time has no age")
    }
    // RFC 9171 section 4.2.4: nobody could get the report.
    if primary.source.isNull || primary.flags.contains(.administrative),
      let block = blocks.first(where: { $0.flags.contains(.reportUnprocessed) })
    {
      throw BundleError(.invalid, "block \(block.number) asks for a report that nobody may be sent")
    }
    if let fragment = primary.fragment, UInt64(payload.count) > fragment.total - fragment.offset {
      throw BundleError(.invalid, "a fragment is longer than its data")
    }
  }

  /// Whether an integrity block names the primary block among its targets.
  private var integrityCoversPrimary: Bool {
    blocks.contains { block in
      guard block.type == .integrity else { return false }
      return block.data.withUnsafeBytes { bytes in
        var reader = ItemReader(bytes)
        guard let count = try? reader.array("targets"), count <= 64 else { return false }
        for _ in 0..<count {
          guard let target = try? reader.unsigned("a target") else { return false }
          if target == 0 { return true }
        }
        return false
      }
    }
  }
}
