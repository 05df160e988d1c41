// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Something a plugin reported, on its way to the node.
enum QueuedEvent {
  /// A run of buffers; its length is the next of `EventQueue.runs`.
  case received
  case transmitted
  case credit(LinkID)
  indirect case up(LinkID, LinkUp)
  indirect case capabilities(LinkID, mesh_caps)
  case lane(LinkID, UInt32, LaneReport)
  case failed(LinkID, Failure)
  case down(LinkID, Failure)
  case listening(ListenerID, String)
  case listenFailed(ListenerID, Failure)
  case instance(InstanceID, InstanceState, String)
  case configured(InstanceID, Failure?, Int)
  case peerSeen(InstanceID, String)
  indirect case carrierReport(InstanceID, CarrierReport)
  indirect case carrierArrived(InstanceID, CarrierArrival)
  case sessionServed(InstanceID)
  indirect case sessionSend(InstanceID, SessionMessage)
  indirect case sessionResume(InstanceID, [UInt8])
}

/// Events and buffers in the order in which plugins gave them. Two of these take turns, so that what a plugin reports
/// while the node handles one batch waits in the other. Keeps its storage: no allocation once it has grown.
struct EventQueue {
  private(set) var events: [QueuedEvent] = []
  private(set) var buffers: UnsafeMutablePointer<mesh_buf>
  private var capacity = 256
  private var bufferCount = 0
  /// Lengths of the runs of buffers, in order.
  private(set) var runs: [Int] = []
  private var tail = Tail.other

  private enum Tail { case received, transmitted, other }

  init() {
    buffers = .allocate(capacity: capacity)
    events.reserveCapacity(64)
    runs.reserveCapacity(64)
  }

  func free() { buffers.deallocate() }

  var isEmpty: Bool { events.isEmpty }

  mutating func append(_ event: QueuedEvent) {
    events.append(event)
    tail = .other
  }

  @inline(__always)
  mutating func appendReceived(_ buffer: UnsafePointer<mesh_buf>) {
    store(buffer)
    guard tail != .received else { return runs[runs.count - 1] += 1 }
    events.append(.received)
    runs.append(1)
    tail = .received
  }

  @inline(__always)
  mutating func appendTransmitted(_ buffer: UnsafePointer<mesh_buf>) {
    store(buffer)
    guard tail != .transmitted else { return runs[runs.count - 1] += 1 }
    events.append(.transmitted)
    runs.append(1)
    tail = .transmitted
  }

  mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    bufferCount = 0
    tail = .other
  }

  @inline(__always)
  private mutating func store(_ buffer: UnsafePointer<mesh_buf>) {
    if bufferCount == capacity { grow() }
    (buffers + bufferCount).initialize(to: buffer.pointee)
    bufferCount += 1
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<mesh_buf>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: buffers, count: bufferCount)
    buffers.deallocate()
    buffers = larger
    capacity *= 2
  }
}
