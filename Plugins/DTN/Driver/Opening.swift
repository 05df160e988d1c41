// SPDX-License-Identifier: Apache-2.0
import BundleStore
import CMeshABI

/// A store that is opened on a thread for blocking work: reading the index of a million bundles takes a while.
final class Opening {
  let folder: String
  let limits: StoreLimits
  let wake: @Sendable () -> Void
  private(set) var store: BundleStore?
  private(set) var failure: StoreError?

  init(folder: String, limits: StoreLimits, wake: @escaping @Sendable () -> Void) {
    self.folder = folder
    self.limits = limits
    self.wake = wake
  }

  func run() {
    do throws(StoreError) {
      store = try BundleStore(folder: folder, limits: limits, wake: wake)
    } catch { failure = error }
  }
}

/// Opens the store of an `Opening`, whose caller keeps it until this has returned.
@c func openBundleStore(_ argument: UnsafeMutableRawPointer?) -> Int32 {
  guard let argument else { return MESH_E_INVALID }
  Unmanaged<Opening>.fromOpaque(argument)._withUnsafeGuaranteedRef { $0.run() }
  return MESH_OK
}
