// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

/// Where a link is in its life.
enum LinkState: UInt8 {
  case free
  /// `connect` was called.
  case dialing
  /// A plugin announced it and the node took it.
  case offered
  case up
  /// `disconnect` was called; `wasUp` tells which end the plugin has to report.
  case closing
}

/// One link. Plain words only, so that the table can be read without retain counts.
struct LinkRecord {
  var generation: UInt32 = 1
  var next: UInt32 = UInt32.max
  var state = LinkState.free
  var wasUp = false
  var isIncoming = false
  var creditIsReported = false
  var frames: UInt32 = 0
  var mtu: UInt32 = 0
  var maxSegments: UInt32 = 0
  /// Lanes that it has had from the start.
  var laneCount: UInt32 = 1
  var bytes: UInt64 = 0
  /// Holder of what is transmitted on this link.
  var holder: UInt32 = 0
  /// Number of the transmit call that refused a buffer of this link: later ones of the same call must not overtake.
  var refusedIn: UInt64 = 0
  var incarnation: Unmanaged<Incarnation>?
  /// Lanes that have credit of their own, or are asked for; nil while there are none.
  var lanes: LaneTable?
  /// The lanes from 0 to 7 that take a packet of the MTU, as far as they have credit of their own; one bit each.
  var readyLanes: UInt8 = .max

  /// A lane's credit or state has changed.
  @inline(__always)
  mutating func noteLane(_ number: UInt32) {
    guard number < 8 else { return }
    let bit: UInt8 = 1 << UInt8(truncatingIfNeeded: number)
    readyLanes |= bit
    guard let lane = lanes?.record(number) else { return }
    let isReady = lane.pointee.state == .open && lane.pointee.frames > 0 && lane.pointee.bytes >= UInt64(mtu)
    if !isReady { readyLanes &= ~bit }
  }
}

/// The links by id. Grows in steps up to its limit; looking up is two loads and a comparison.
struct LinkTable {
  let limit: Int
  private(set) var count = 0
  private var records: UnsafeMutablePointer<LinkRecord>
  private var addresses: [String] = []
  private var capacity = 64
  private var used = 0
  private var firstFree = UInt32.max

  init(limit: Int) {
    self.limit = limit
    records = .allocate(capacity: capacity)
  }

  func free() {
    for slot in 0..<used { records[slot].lanes?.free() }
    records.deinitialize(count: used)
    records.deallocate()
  }

  /// The record of a live link, or nil for an id that names nothing.
  @inline(__always)
  func record(_ id: UInt64) -> UnsafeMutablePointer<LinkRecord>? {
    let slot = Int(id & 0xffff_ffff)
    guard slot < used else { return nil }
    let record = records + slot
    guard record.pointee.generation == UInt32(truncatingIfNeeded: id >> 32), record.pointee.state != .free else {
      return nil
    }
    return record
  }

  func address(_ id: UInt64) -> String { record(id) == nil ? "" : addresses[Int(id & 0xffff_ffff)] }

  /// A new link in `state`, or nil at the limit.
  mutating func insert(_ state: LinkState, _ incarnation: Incarnation, address: String) -> LinkID? {
    guard count < limit else { return nil }
    let slot: Int
    if firstFree != UInt32.max {
      slot = Int(firstFree)
      firstFree = records[slot].next
    } else {
      if used == capacity { grow() }
      slot = used
      (records + slot).initialize(to: LinkRecord())
      addresses.append("")
      used += 1
    }
    let generation = records[slot].generation
    records[slot] = LinkRecord()
    records[slot].generation = generation
    records[slot].state = state
    records[slot].holder = incarnation.transmitting.rawValue
    records[slot].isIncoming = state == .offered
    records[slot].incarnation = Unmanaged.passUnretained(incarnation)
    addresses[slot] = address
    count += 1
    return LinkID(rawValue: UInt64(generation) << 32 | UInt64(slot))
  }

  /// Spends an id.
  mutating func remove(_ id: LinkID) {
    guard let record = record(id.rawValue) else { return }
    let slot = Int(id.rawValue & 0xffff_ffff)
    record.pointee.state = .free
    record.pointee.incarnation = nil
    record.pointee.lanes?.free()
    record.pointee.lanes = nil
    addresses[slot] = ""
    count -= 1
    // A generation that would come round again retires its slot, so that an id is never used twice.
    guard record.pointee.generation < UInt32.max else { return }
    record.pointee.generation += 1
    record.pointee.next = firstFree
    firstFree = UInt32(truncatingIfNeeded: slot)
  }

  /// The links of one incarnation, in slot order.
  func links(of incarnation: Incarnation) -> [LinkID] {
    var found: [LinkID] = []
    for slot in 0..<used where records[slot].state != .free {
      if records[slot].incarnation?.toOpaque() == Unmanaged.passUnretained(incarnation).toOpaque() {
        found.append(LinkID(rawValue: UInt64(records[slot].generation) << 32 | UInt64(slot)))
      }
    }
    return found
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<LinkRecord>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: records, count: used)
    records.deallocate()
    records = larger
    capacity *= 2
  }
}
