// SPDX-License-Identifier: Apache-2.0

extension Bundle {
  /// The bundle as fragments whose payloads have at most `size` bytes (RFC 9171 section 5.8). Blocks that are to be
  /// replicated go into each, the others into the first. A fragment can be cut again.
  /// - Throws: when the bundle may not be cut: by its flag, or since it has security blocks (RFC 9172 section 5.2).
  public func fragments(size: Int) throws(BundleError) -> [Bundle] {
    precondition(size > 0)
    guard payload.count > size else { return [self] }
    guard !primary.flags.contains(.mustNotFragment) else {
      throw BundleError(.invalid, "the bundle must not be cut")
    }
    guard block(.integrity) == nil, block(.confidentiality) == nil else {
      throw BundleError(.invalid, "a bundle with security blocks must not be cut")
    }
    let base = primary.fragment?.offset ?? 0
    let total = primary.fragment?.total ?? UInt64(payload.count)
    return stride(from: 0, to: payload.count, by: size).map { start in
      var head = primary
      head.flags.insert(.fragment)
      head.fragment = .init(offset: base + UInt64(start), total: total)
      var piece = blocks[blocks.count - 1]
      piece.data = Array(payload[start..<min(start + size, payload.count)])
      let others = blocks.dropLast().filter { start == 0 || $0.flags.contains(.replicate) }
      return Bundle(primary: head, blocks: others + [piece])
    }
  }
}
