// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// The requests of peers that have not ended, with their deadlines.
final class ServedRequests {
  private unowned(unsafe) let node: NodeCore
  private var slots: [ServedRequest] = []
  private var unused: [UInt32] = []
  private var deadlines = DeadlineHeap()

  /// Most requests of all peers together.
  static let limit = 65_536

  init(node: NodeCore) { self.node = node }

  var count: Int { slots.count - unused.count }
  var nextDeadline: UInt64 { deadlines.next }

  func take() -> ServedRequest? {
    if let slot = unused.popLast() { return slots[Int(slot)] }
    guard slots.count < Self.limit else { return nil }
    let request = ServedRequest(node: node, slot: UInt32(slots.count))
    slots.append(request)
    return request
  }

  func free(_ request: ServedRequest) {
    deadlines.remove(UInt64(request.slot))
    unused.append(request.slot)
  }

  func schedule(_ request: ServedRequest, at deadline: UInt64) { deadlines.set(UInt64(request.slot), at: deadline) }

  subscript(reference: ServedRequestReference) -> ServedRequest? {
    guard reference.slot < slots.count else { return nil }
    let request = slots[Int(reference.slot)]
    return request.generation == reference.generation && request.state != .free ? request : nil
  }

  func advance(now: UInt64) {
    while let slot = deadlines.pop(now: now) { slots[Int(slot)].expire(now: now) }
  }

  /// The peer is not known any more: nobody will ask for what still runs.
  func peerRemoved(_ peer: Peer, now: UInt64) {
    for request in slots where request.state == .running && request.peer === peer { request.cancel(.peerGone) }
  }
}
