// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// One store call on its way to the pool and back; one thread has it at a time.
final class StoreJob: @unchecked Sendable {
  private(set) var status = MESH_E_IO
  private var value: UnsafeMutableRawBufferPointer?
  private let work: @Sendable (InstanceStore) -> (Int32, UnsafeMutableRawBufferPointer?)

  init(work: @escaping @Sendable (InstanceStore) -> (Int32, UnsafeMutableRawBufferPointer?)) { self.work = work }

  deinit { value?.deallocate() }

  func run(_ store: InstanceStore) { (status, value) = work(store) }

  /// Moves the value out.
  func takeValue() -> UnsafeMutableRawBufferPointer? {
    defer { value = nil }
    return value
  }
}
