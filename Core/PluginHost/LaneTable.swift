// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Where a lane that was reported through `mesh.stream/1` is in its life.
enum LaneState: UInt8 {
  case free
  /// The host has asked for it.
  case opening
  case open
  /// The host has closed it; its buffers may still be away.
  case closing
  /// Over, and one of those that the link had from the start: nothing goes there any more.
  case ended
}

/// One lane with credit of its own. Plain words only.
struct LaneRecord {
  var number: UInt32 = 0
  var frames: UInt32 = 0
  var bytes: UInt64 = 0
  /// Number of the transmit call that refused a buffer of this lane.
  var refusedIn: UInt64 = 0
  var state = LaneState.free
}

/// The lanes of one link other than 0, made when the first is reported. Small numbers, which all of the host's own are,
/// have their own place; any other takes what is free.
struct LaneTable {
  /// Lanes of a link, lane 0 included.
  static let capacity = Int(MESH_STREAM_LANES_MAX)

  private let records: UnsafeMutablePointer<LaneRecord>

  init() {
    records = .allocate(capacity: Self.capacity)
    records.initialize(repeating: LaneRecord(), count: Self.capacity)
  }

  func free() { records.deallocate() }

  /// The record of a lane that was heard of and is not forgotten.
  @inline(__always)
  func record(_ number: UInt32) -> UnsafeMutablePointer<LaneRecord>? {
    guard number != 0 else { return nil }
    let home = records + Int(number & UInt32(Self.capacity - 1))
    if home.pointee.number == number { return home.pointee.state == .free ? nil : home }
    return search(number)
  }

  private func search(_ number: UInt32) -> UnsafeMutablePointer<LaneRecord>? {
    for index in 1..<Self.capacity where records[index].number == number && records[index].state != .free {
      return records + index
    }
    return nil
  }

  /// Makes a record for a lane that has none; nil when there is no room.
  func insert(_ number: UInt32, _ state: LaneState) -> Bool {
    let home = Int(number & UInt32(Self.capacity - 1))
    var place = home == 0 || records[home].state != .free ? 0 : home
    if place == 0 { for index in 1..<Self.capacity where records[index].state == .free { place = index } }
    guard place != 0 else { return false }
    records[place] = LaneRecord(number: number, state: state)
    return true
  }
}
