// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI

/// Messages to one peer of one protocol and class, and how much of them is not confirmed.
struct FlowState {
  let peer: UInt64
  let protocolNumber: UInt32
  /// The class, and 256 for messages without an order.
  let kind: UInt32
  /// Cost of all that was sent.
  var sent: UInt64 = 0
  /// Cost of all that was confirmed.
  var confirmed: UInt64 = 0
  /// The application was told `MESH_E_AGAIN`.
  var isRoomWanted = false
}

/// The flows of an application.
struct FlowTable: ~Copyable {
  private struct Key: Hashable {
    let peer: UInt64
    let protocolNumber: UInt32
    let kind: UInt32
  }
  private var numbers: [Key: Int] = [:]
  private var flows: UnsafeMutablePointer<FlowState>
  private var capacity = 8
  private(set) var count = 0
  private var last = 0

  init() { flows = .allocate(capacity: capacity) }

  deinit { flows.deallocate() }

  /// The state of a flow.
  subscript(_ index: Int) -> FlowState {
    @inline(__always) unsafeAddress { UnsafePointer(flows + index) }
    @inline(__always) unsafeMutableAddress { flows + index }
  }

  /// The flow with these marks.
  @inline(__always)
  mutating func find(_ peer: UInt64, _ protocolNumber: UInt32, _ kind: UInt32) -> Int? {
    if last < count {
      let flow = flows + last
      if flow.pointee.peer == peer, flow.pointee.protocolNumber == protocolNumber, flow.pointee.kind == kind {
        return last
      }
    }
    return findElsewhere(peer, protocolNumber, kind)
  }

  @inline(never)
  private mutating func findElsewhere(_ peer: UInt64, _ protocolNumber: UInt32, _ kind: UInt32) -> Int? {
    guard let index = numbers[Key(peer: peer, protocolNumber: protocolNumber, kind: kind)] else { return nil }
    last = index
    return index
  }

  /// Adds a flow.
  mutating func add(_ flow: FlowState) -> Int {
    if count == capacity {
      let larger = UnsafeMutablePointer<FlowState>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: flows, count: count)
      flows.deallocate()
      flows = larger
      capacity *= 2
    }
    (flows + count).initialize(to: flow)
    numbers[Key(peer: flow.peer, protocolNumber: flow.protocolNumber, kind: flow.kind)] = count
    last = count
    count += 1
    return last
  }

  /// Whether everything that was sent is confirmed.
  var isConfirmed: Bool {
    for index in 0..<count where flows[index].sent != flows[index].confirmed { return false }
    return true
  }
}
