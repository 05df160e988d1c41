// SPDX-License-Identifier: Apache-2.0

/// A finished offload or store call that waits for on_ready.
struct Completion {
  /// `MESH_READY_OFFLOAD` or `MESH_READY_STORE`.
  let kind: UInt32
  let token: UInt64
  let status: Int32
  let value: UnsafeMutableRawBufferPointer?

  func release() { value?.deallocate() }
}
