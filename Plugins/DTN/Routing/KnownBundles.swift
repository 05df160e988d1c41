// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles that a neighbour is known to have, eight bytes each however long the names of their sources are: their hashes,
/// whose key is another in each process, so that nobody can choose two that are the same.
struct KnownBundles {
  /// A neighbour that names more is not believed further: what it has then comes to it once more.
  static let limit = 1 << 20

  private var hashes: Set<Int> = []

  var count: Int { hashes.count }

  func contains(_ id: BundleID) -> Bool { !hashes.isEmpty && hashes.contains(id.hashValue) }

  mutating func insert(_ id: BundleID) {
    guard hashes.count < Self.limit else { return }
    hashes.insert(id.hashValue)
  }
}
