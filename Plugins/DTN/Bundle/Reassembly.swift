// SPDX-License-Identifier: Apache-2.0

/// The fragments of one bundle, until they are a whole (RFC 9171 section 5.9). Bytes that arrive twice count once, and
/// only what has arrived takes memory, whatever a fragment says about the whole.
public struct Reassembly: Sendable {
  private struct Piece: Sendable {
    var start: UInt64
    var data: [UInt8]
  }

  private let total: UInt64
  private var first: Bundle?
  private var pieces: [Piece] = []
  private var missing: [Range<UInt64>]

  /// - Throws: when `bundle` is no fragment, or its data would be larger than `limit` bytes.
  public init(_ bundle: Bundle, limit: Int) throws(BundleError) {
    guard let fragment = bundle.primary.fragment else { throw BundleError(.invalid, "the bundle is no fragment") }
    guard fragment.total <= UInt64(limit) else {
      throw BundleError(.limit, "the whole data has \(fragment.total) bytes, more than \(limit)")
    }
    total = fragment.total
    missing = [0..<fragment.total]
    try add(bundle)
  }

  /// Bytes that have not arrived.
  public var missingBytes: UInt64 { missing.reduce(0) { $0 + UInt64($1.count) } }

  /// Adds a fragment of the same bundle.
  /// - Throws: when it says something else about the length of the whole, or reaches beyond it.
  public mutating func add(_ bundle: Bundle) throws(BundleError) {
    guard let fragment = bundle.primary.fragment, fragment.total == total, fragment.offset < total,
      UInt64(bundle.payload.count) <= total - fragment.offset
    else { throw BundleError(.invalid, "a fragment does not fit the others") }
    let range = fragment.offset..<(fragment.offset + UInt64(bundle.payload.count))
    var left: [Range<UInt64>] = []
    for gap in missing {
      let filled = gap.clamped(to: range)
      guard !filled.isEmpty else {
        left.append(gap)
        continue
      }
      let start = Int(filled.lowerBound - range.lowerBound)
      pieces.append(Piece(start: filled.lowerBound, data: Array(bundle.payload[start..<(start + filled.count)])))
      let before = gap.lowerBound..<filled.lowerBound
      let after = filled.upperBound..<gap.upperBound
      left += [before, after].filter { !$0.isEmpty }
    }
    missing = left
    if fragment.offset == 0, first == nil { first = bundle }
  }

  /// The bundle, once all of it is here.
  public var whole: Bundle? {
    guard missing.isEmpty, let first else { return nil }
    var primary = first.primary
    primary.flags.remove(.fragment)
    primary.fragment = nil
    var blocks = first.blocks
    blocks[blocks.count - 1].data = pieces.sorted { $0.start < $1.start }.flatMap { $0.data }
    return Bundle(primary: primary, blocks: blocks)
  }
}
