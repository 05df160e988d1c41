// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// A listener or a link, named by the host's id.
final class Port {
  enum State { case listening, dialing, up, closing }

  /// What a link's queue can hold, since the host never transmits more than was granted.
  static let creditFrames = 64

  let id: UInt64
  let name: String
  /// When to give up dialing.
  let deadline: UInt64
  var state: State
  /// -1 while dialing.
  var descriptor: Int32 = -1
  /// Not watched for reading until the instance tries again.
  var isPaused = false
  /// What is watched now.
  var mask: UInt32?
  /// Packets that wait for room in the socket.
  let queue = UnsafeMutablePointer<mesh_buf>.allocate(capacity: creditFrames)
  var count = 0

  init(_ id: UInt64, _ state: State, _ name: String, deadline: UInt64 = MESH_DEADLINE_NONE) {
    self.id = id
    self.state = state
    self.name = name
    self.deadline = deadline
  }

  deinit { queue.deallocate() }

  var address: String { "loopback:\(name)" }

  /// Forgets the first packets of the queue, which were given back.
  func removeFirst(_ done: Int) {
    count -= done
    queue.update(from: queue + done, count: count)
  }
}
