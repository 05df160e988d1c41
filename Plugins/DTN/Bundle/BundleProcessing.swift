// SPDX-License-Identifier: Apache-2.0

/// What a node has to do with a bundle because of blocks that it cannot process (RFC 9171 section 5.6, step 4).
public struct BundleProcessing: Equatable, Sendable {
  /// Numbers of blocks that are left out from here on.
  public var discarded: [UInt64] = []
  /// The bundle is deleted with this reason.
  public var deletion: StatusReason?
  /// A reception report with this reason is asked for by a block.
  public var report: StatusReason?

  /// Looks at every block but payload and security blocks.
  /// - Parameter understands: whether the node has a use for blocks of this type beside those of RFC 9171.
  public init(_ bundle: Bundle, understands: (BlockType) -> Bool = { _ in false }) {
    let hidden = Self.encrypted(bundle)
    for block in bundle.blocks where !hidden.contains(block.number) {
      let reason: StatusReason
      switch block.type {
      case .payload, .integrity, .confidentiality: continue
      case .previousNode:
        if bundle.previousNode != nil { continue }
        reason = .blockUnintelligible
      case .bundleAge:
        if bundle.age != nil { continue }
        reason = .blockUnintelligible
      case .hopCount:
        if bundle.hopCount != nil { continue }
        reason = .blockUnintelligible
      case let type where understands(type): continue
      default: reason = .blockUnsupported
      }
      if block.flags.contains(.reportUnprocessed) { report = report ?? reason }
      if block.flags.contains(.deleteBundle) {
        deletion = deletion ?? reason
      } else if block.flags.contains(.discardBlock) {
        discarded.append(block.number)
      }
    }
  }

  /// Blocks of which only their ciphertext is here: they are left as they are.
  private static func encrypted(_ bundle: Bundle) -> Set<UInt64> {
    var targets: Set<UInt64> = []
    for block in bundle.blocks where block.type == .confidentiality {
      if let content = try? SecurityBlock(block.data) { targets.formUnion(content.targets) }
    }
    return targets
  }

  /// The bundle without what is to be discarded.
  public func applied(to bundle: Bundle) -> Bundle {
    Bundle(primary: bundle.primary, blocks: bundle.blocks.filter { !discarded.contains($0.number) })
  }
}
