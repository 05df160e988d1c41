// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// What a plugin says of the lanes of its links.
extension Incarnation {
  /// Reports of lanes that may wait for the node, of all plugins.
  static let laneReportLimit = 65_536

  private func liveLink(_ id: UInt64) -> UnsafeMutablePointer<LinkRecord>? {
    guard let record = host.links.pointee.record(id), record.pointee.wasUp,
      record.pointee.incarnation?.toOpaque() == Unmanaged.passUnretained(self).toOpaque()
    else { return nil }
    return record
  }

  func streamEvent(_ event: UnsafePointer<mesh_stream_event>?) -> Int32 {
    guard let event = HostExtensions.copy(UnsafeRawPointer(event), empty: mesh_stream_event()), event.size >= 32 else {
      return MESH_E_INVALID
    }
    guard let record = liveLink(event.link) else { return MESH_E_STALE }
    guard host.waitingLaneReports < Self.laneReportLimit else { return MESH_E_LIMIT }
    let code: Int32
    switch event.kind {
    case MESH_STREAM_OPENED: code = opened(event, record)
    case MESH_STREAM_FAILED:
      let isAsked = record.pointee.lanes?.record(event.stream)?.pointee.state == .opening
      code = isAsked ? ended(event, record, .failed(min(event.code, 0))) : MESH_E_NOTFOUND
    case MESH_STREAM_CLOSED: code = ended(event, record, .closed)
    case MESH_STREAM_RESET: code = ended(event, record, .reset(min(event.code, 0)))
    default: return MESH_OK
    }
    if code != MESH_OK, code != MESH_E_LIMIT {
      violation("report \(event.kind) of lane \(event.stream): \(errorName(code))")
    }
    return code
  }

  private func opened(_ event: mesh_stream_event, _ record: UnsafeMutablePointer<LinkRecord>) -> Int32 {
    guard event.stream != 0 else { return MESH_E_INVALID }
    if let lane = record.pointee.lanes?.record(event.stream) {
      guard lane.pointee.state == .opening else { return MESH_E_EXISTS }
      lane.pointee.state = .open
    } else {
      let isFirst = event.stream < record.pointee.laneCount
      // The other side's numbers: of who dialled on a link that came in, of who accepted on one that was dialled.
      guard isFirst || (event.stream < MESH_STREAM_ACCEPTED) == record.pointee.isIncoming else { return MESH_E_INVALID }
      let lanes = record.pointee.lanes ?? LaneTable()
      record.pointee.lanes = lanes
      guard lanes.insert(event.stream, .open) else { return MESH_E_LIMIT }
    }
    let hint = event.tclass <= MESH_TCLASS_BACKGROUND ? event.tclass : MESH_TCLASS_NORMAL
    record.pointee.noteLane(event.stream)
    report(event, .opened(trafficClass: UInt8(truncatingIfNeeded: hint)))
    return MESH_OK
  }

  private func ended(_ event: mesh_stream_event, _ record: UnsafeMutablePointer<LinkRecord>, _ report: LaneReport)
    -> Int32
  {
    guard let lane = record.pointee.lanes?.record(event.stream) else { return MESH_E_NOTFOUND }
    if case .failed = report {
      lane.pointee.state = .free
    } else {
      guard lane.pointee.state == .open || lane.pointee.state == .closing else { return MESH_E_NOTFOUND }
      lane.pointee.state = event.stream < record.pointee.laneCount ? .ended : .free
    }
    record.pointee.noteLane(event.stream)
    self.report(event, report)
    return MESH_OK
  }

  private func report(_ event: mesh_stream_event, _ report: LaneReport) {
    host.append(LinkID(rawValue: event.link), lane: event.stream, report)
  }

  func streamCredit(_ link: UInt64, _ stream: UInt32, _ frames: UInt32, _ bytes: UInt64) -> Int32 {
    guard let record = liveLink(link) else { return MESH_E_STALE }
    guard let lane = record.pointee.lanes?.record(stream), lane.pointee.state == .open || lane.pointee.state == .closing
    else { return MESH_E_NOTFOUND }
    lane.pointee.frames = min(lane.pointee.frames &+ min(frames, PluginHost.frameLimit), PluginHost.frameLimit)
    lane.pointee.bytes = min(lane.pointee.bytes &+ min(bytes, PluginHost.byteLimit), PluginHost.byteLimit)
    record.pointee.noteLane(stream)
    reportCredit(link, record)
    return MESH_OK
  }
}
