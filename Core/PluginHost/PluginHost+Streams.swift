// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

/// Lanes of links whose plugins offer `mesh.stream/1`.
extension PluginHost {
  private func streams(_ record: UnsafeMutablePointer<LinkRecord>) -> mesh_stream_plugin? {
    guard let plugin = record.pointee.incarnation?.takeUnretainedValue().plugin else { return nil }
    return HostExtensions.copy(plugin.extensionTable(MESH_STREAM_NAME), empty: mesh_stream_plugin())
  }

  /// Whether more lanes can be asked for on a link.
  public func opensLanes(on link: LinkID) -> Bool {
    links.pointee.record(link.rawValue).flatMap { streams($0)?.open } != nil
  }

  /// Asks for one more lane; the answer is `link(_:lane:reports:)`, never before this returns.
  ///
  /// - Parameters:
  ///   - number: one that was not used on this link; below `MESH_STREAM_ACCEPTED` when this side dialled.
  ///   - trafficClass: what will go there.
  /// - Returns: `MESH_OK`, or why there will be no answer.
  public func openLane(_ number: UInt32, on link: LinkID, trafficClass: UInt8) -> Int32 {
    guard callDepth == 0, let record = links.pointee.record(link.rawValue), record.pointee.state == .up,
      let incarnation = record.pointee.incarnation?.takeUnretainedValue(), let context = incarnation.context,
      incarnation.state == .running
    else { return MESH_E_STATE }
    guard number >= max(record.pointee.laneCount, 1), (number < MESH_STREAM_ACCEPTED) != record.pointee.isIncoming
    else {
      return MESH_E_INVALID
    }
    guard let function = streams(record)?.open else { return MESH_E_UNSUPPORTED }
    let lanes = record.pointee.lanes ?? LaneTable()
    record.pointee.lanes = lanes
    guard lanes.record(number) == nil else { return MESH_E_EXISTS }
    guard lanes.insert(number, .opening) else { return MESH_E_LIMIT }
    record.pointee.noteLane(number)
    var options = mesh_stream_options(
      size: UInt32(truncatingIfNeeded: MemoryLayout<mesh_stream_options>.size), flags: 0, tclass: UInt32(trafficClass),
      reserved: 0)
    let code = incarnation.call("open") { function(context, link.rawValue, number, &options) }
    guard code != MESH_OK else { return code }
    // The call may have ended the link, and with it the table.
    if let lane = links.pointee.record(link.rawValue)?.pointee.lanes?.record(number) {
      if lane.pointee.state == .opening {
        lane.pointee.state = .free
        links.pointee.record(link.rawValue)?.pointee.noteLane(number)
      } else {
        incarnation.violation("“open” answers \(errorName(code)) for a lane that it has reported")
        return MESH_OK
      }
    }
    return min(code, MESH_E_INVALID)
  }

  /// Ends a lane; the answer is `link(_:lane:reports:)`. With code 0 what was transmitted on it is sent first.
  public func closeLane(_ number: UInt32, on link: LinkID, code: Int32) -> Int32 {
    guard callDepth == 0, let record = links.pointee.record(link.rawValue),
      let incarnation = record.pointee.incarnation?.takeUnretainedValue(), let context = incarnation.context
    else { return MESH_E_STATE }
    guard let lane = record.pointee.lanes?.record(number), lane.pointee.state == .open else { return MESH_E_NOTFOUND }
    guard let function = streams(record)?.close else { return MESH_E_UNSUPPORTED }
    lane.pointee.state = .closing
    record.pointee.noteLane(number)
    let outcome = incarnation.call("close") { function(context, link.rawValue, number, code) }
    guard outcome != MESH_OK, let lanes = links.pointee.record(link.rawValue)?.pointee.lanes,
      let lane = lanes.record(number), lane.pointee.state == .closing
    else { return MESH_OK }
    incarnation.violation("“close” of lane \(number) of \(link) answers \(errorName(outcome))")
    lane.pointee.state = number < record.pointee.laneCount ? .ended : .free
    record.pointee.noteLane(number)
    append(link, lane: number, .reset(min(outcome, MESH_E_INVALID)))
    return MESH_OK
  }

  /// What may be transmitted on a lane now: the link's credit, and the lane's where it has some of its own.
  public func credit(of link: LinkID, lane: UInt32) -> (frames: UInt32, bytes: UInt64) {
    guard let record = links.pointee.record(link.rawValue), record.pointee.state == .up else { return (0, 0) }
    guard let lane = record.pointee.lanes?.record(lane) else { return (record.pointee.frames, record.pointee.bytes) }
    guard lane.pointee.state == .open else { return (0, 0) }
    return (min(record.pointee.frames, lane.pointee.frames), min(record.pointee.bytes, lane.pointee.bytes))
  }

  /// The lanes from 0 to 7, one bit each, that take one more packet of `size` bytes after what is pending: `frames` and
  /// `bytes` on the link, `lanes` of it on each lane.
  public func lanesWithCredit(
    of link: LinkID, for size: Int, after frames: UInt32, bytes: UInt64, lanes pending: @autoclosure () -> PendingLanes
  ) -> UInt8 {
    guard let record = links.pointee.record(link.rawValue), record.pointee.state == .up else { return 0 }
    let size = UInt64(truncatingIfNeeded: size)
    guard record.pointee.frames > frames, record.pointee.bytes >= bytes &+ size else { return 0 }
    guard let lanes = record.pointee.lanes else { return .max }
    let pending = pending()
    var mask = record.pointee.readyLanes
    var touched = pending.touched & mask
    while touched != 0 {
      let number = touched.trailingZeroBitCount
      let bit: UInt8 = 1 << UInt8(truncatingIfNeeded: number)
      touched &= ~bit
      guard let lane = lanes.record(UInt32(truncatingIfNeeded: number)) else { continue }
      let hasCredit =
        lane.pointee.frames > pending.frames(number) && lane.pointee.bytes >= pending.bytes(number) &+ size
      if !hasCredit { mask &= ~bit }
    }
    return mask
  }

  func append(_ link: LinkID, lane: UInt32, _ report: LaneReport) {
    waitingLaneReports += 1
    queue.pointee.append(.lane(link, lane, report))
    wantFlush()
  }
}
