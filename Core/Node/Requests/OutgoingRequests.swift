// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// The requests that this node has made and that have not ended, with their deadlines.
final class OutgoingRequests {
  private unowned(unsafe) let node: NodeCore
  private var slots: [OutgoingRequest] = []
  private var unused: [UInt32] = []
  private var deadlines = DeadlineHeap()
  private var keptBytes = 0
  var counters = Counters()

  /// Most requests under way at once.
  static let limit = 16_384
  /// Bytes of bodies kept for repetitions.
  static let keptLimit = 64 << 20

  init(node: NodeCore) { self.node = node }

  /// What became of requests, since the start.
  struct Counters {
    var started: UInt64 = 0
    var finished: UInt64 = 0
    var failed: UInt64 = 0
    var repeated: UInt64 = 0
  }

  var count: Int { slots.count - unused.count }
  var nextDeadline: UInt64 { deadlines.next }

  /// A request with a free slot, or nil when there are too many.
  func take(keeping bytes: Int) -> OutgoingRequest? {
    guard keptBytes + bytes <= Self.keptLimit else { return nil }
    if let slot = unused.popLast() { return slots[Int(slot)] }
    guard slots.count < Self.limit else { return nil }
    let request = OutgoingRequest(node: node, slot: UInt32(slots.count))
    slots.append(request)
    return request
  }

  func noteKept(_ bytes: Int) { keptBytes += bytes }

  func free(_ request: OutgoingRequest) {
    deadlines.remove(UInt64(request.slot))
    unused.append(request.slot)
  }

  func schedule(_ request: OutgoingRequest) { deadlines.set(UInt64(request.slot), at: request.nextDeadline) }

  subscript(reference: RequestReference) -> OutgoingRequest? {
    guard reference.slot < slots.count else { return nil }
    let request = slots[Int(reference.slot)]
    return request.generation == reference.generation && request.state != .free ? request : nil
  }

  func advance(now: UInt64) {
    while let slot = deadlines.pop(now: now) { slots[Int(slot)].advance(now: now) }
  }

  // MARK: peers

  /// The last link to a peer is gone, or (`isFinal`) every path to it has failed.
  func pathLost(_ peer: NodeID, _ text: String, isFinal: Bool, now: UInt64) {
    for request in slots where request.state == .asking && request.peer == peer {
      request.pathLost(text, isFinal: isFinal, now: now)
    }
  }

  func peerRemoved(_ peer: NodeID, now: UInt64) {
    for request in slots where request.state == .waiting && request.peer == peer {
      request.fail(RequestFailure(reason: .unreachable, text: "the peer is not known any more"))
    }
  }
}
