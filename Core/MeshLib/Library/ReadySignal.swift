// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization

/// The descriptor of `mesh_fd`: readable while events wait. It costs nothing until somebody asks for it.
final class ReadySignal: @unchecked Sendable {
  private let descriptor = Atomic<Int32>(-1)
  private let isRaised = Atomic<Bool>(false)

  deinit {
    let descriptor = descriptor.load(ordering: .relaxed)
    if descriptor >= 0 { close(descriptor) }
  }

  /// The descriptor, made the first time; or -errno. Nobody raises meanwhile.
  func make() -> Int32 {
    let present = descriptor.load(ordering: .relaxed)
    guard present < 0 else { return present }
    let made = clinux_eventfd()
    if made >= 0 { descriptor.store(made, ordering: .sequentiallyConsistent) }
    return made
  }

  /// Whether anybody watches it.
  @inline(__always)
  var isUsed: Bool { descriptor.load(ordering: .relaxed) >= 0 }

  /// Events wait. One write until `lower`.
  @inline(__always)
  func raise() { if isUsed { raiseNow() } }

  @inline(never)
  private func raiseNow() {
    guard !isRaised.exchange(true, ordering: .sequentiallyConsistent) else { return }
    var one: UInt64 = 1
    _ = write(descriptor.load(ordering: .relaxed), &one, 8)
  }

  /// Nothing waits any more; look once more afterwards, and `raise` again if something does.
  @inline(__always)
  func lower() { if isUsed { lowerNow() } }

  @inline(never)
  private func lowerNow() {
    guard isRaised.load(ordering: .sequentiallyConsistent) else { return }
    var value: UInt64 = 0
    _ = read(descriptor.load(ordering: .relaxed), &value, 8)
    isRaised.store(false, ordering: .sequentiallyConsistent)
  }
}
