// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Something a plugin reported, on its way to the node.
enum QueuedEvent {
  case received(count: Int)
  case transmitted(count: Int)
  case credit(LinkID)
  indirect case up(LinkID, LinkUp)
  indirect case capabilities(LinkID, mesh_caps)
  case failed(LinkID, Failure)
  case down(LinkID, Failure)
  case listening(ListenerID, String)
  case listenFailed(ListenerID, Failure)
  case instance(InstanceID, InstanceState, String)
  case configured(InstanceID, Failure?, Int)
  case peerSeen(InstanceID, String)
}

/// Events and buffers in the order in which plugins gave them. Two of these take turns, so that what a plugin reports
/// while the node handles one batch waits in the other. Keeps its storage: no allocation once it has grown.
struct EventQueue {
  private(set) var events: [QueuedEvent] = []
  private(set) var buffers: UnsafeMutablePointer<mesh_buf>
  private var capacity = 256
  private var bufferCount = 0

  init() {
    buffers = .allocate(capacity: capacity)
    events.reserveCapacity(64)
  }

  func free() { buffers.deallocate() }

  var isEmpty: Bool { events.isEmpty }

  mutating func append(_ event: QueuedEvent) { events.append(event) }

  @inline(__always)
  mutating func appendReceived(_ buffer: UnsafePointer<mesh_buf>) {
    store(buffer)
    if case .received(let count) = events.last {
      events[events.count - 1] = .received(count: count + 1)
    } else {
      events.append(.received(count: 1))
    }
  }

  @inline(__always)
  mutating func appendTransmitted(_ buffer: UnsafePointer<mesh_buf>) {
    store(buffer)
    if case .transmitted(let count) = events.last {
      events[events.count - 1] = .transmitted(count: count + 1)
    } else {
      events.append(.transmitted(count: 1))
    }
  }

  mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    bufferCount = 0
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
