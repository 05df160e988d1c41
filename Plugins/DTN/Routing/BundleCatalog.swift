// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// What the store knows of its bundles, so that routing need not keep it a second time. Asked on the routing's thread.
public protocol BundleCatalog: AnyObject {
  /// A bundle of the store; nil when it is not there. Read from the disk.
  func bundle(_ sequence: UInt64) -> RoutedBundle?
  /// The number of a bundle of the store.
  func sequence(of id: BundleID) -> UInt64?
  /// Whom a bundle of the store is for. Kept in memory.
  func destination(of sequence: UInt64) -> EndpointID?
}
