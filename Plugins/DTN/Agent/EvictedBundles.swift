// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles that made room and ask for a report of that, until the agent's next turn.
final class EvictedBundles {
  private var bundles: [Bundle] = []

  /// More in a turn are not reported on.
  private static let limit = 1024

  func note(_ bytes: UnsafeRawBufferPointer) {
    guard bundles.count < Self.limit, let bundle = try? Bundle(Array(bytes), limits: .lenient),
      bundle.primary.flags.contains(.reportDeletion)
    else { return }
    bundles.append(bundle)
  }

  func takeAll() -> [Bundle] {
    defer { bundles = [] }
    return bundles
  }
}
