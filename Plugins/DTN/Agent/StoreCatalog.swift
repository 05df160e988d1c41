// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore

/// The store as routing sees it. What cannot be read counts as not there: whoever is to send it finds out why.
final class StoreCatalog: BundleCatalog {
  private let store: BundleStore
  private let isOwn: (BundleRecord) -> Bool

  init(_ store: BundleStore, isOwn: @escaping (BundleRecord) -> Bool) {
    self.store = store
    self.isOwn = isOwn
  }

  func bundle(_ sequence: UInt64) -> RoutedBundle? {
    guard let record = try? store.record(sequence) else { return nil }
    return RoutedBundle(
      sequence: sequence, id: record.id, destination: record.destination, deadline: record.deadline,
      size: store.size(of: sequence) ?? 0, priority: record.priority.rawValue, copies: record.copies,
      isOwn: isOwn(record))
  }

  func sequence(of id: BundleID) -> UInt64? { (try? store.sequence(of: id)) ?? nil }

  func destination(of sequence: UInt64) -> EndpointID? { store.destination(of: sequence) }
}
