// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// The block by which spray and wait tells a neighbour how many copies it was given: a private block type, a CBOR
/// number. Nodes that do not know it keep it and lose nothing.
public enum CopyBlock {
  /// Its type, one of those for private use (RFC 9171 section 9.1).
  public static let type = BlockType(rawValue: 193)

  /// The number that a bundle carries; nil when it carries none, or nonsense.
  public static func read(_ bundle: Bundle) -> UInt32? {
    guard let block = bundle.block(type) else { return nil }
    return block.data.withUnsafeBytes { bytes -> UInt32? in
      var reader = ItemReader(bytes)
      guard let value = try? reader.unsigned("a number of copies"), reader.isAtEnd else { return nil }
      return UInt32(exactly: value).flatMap { $0 > 0 ? $0 : nil }
    }
  }

  /// Puts the number into a bundle, in place of the one that it carries.
  public static func write(_ copies: UInt32, into bundle: inout Bundle) {
    var writer = ItemWriter()
    writer.unsigned(UInt64(copies))
    if let index = bundle.blocks.firstIndex(where: { $0.type == type }) {
      bundle.blocks[index].data = writer.bytes
    } else {
      let block = CanonicalBlock(type: type, number: bundle.freeNumber, data: writer.bytes)
      bundle.blocks.insert(block, at: bundle.blocks.count - 1)
    }
  }
}
