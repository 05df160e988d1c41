// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import TransportDriver

/// The host's side of `mesh.stream/1`.
struct HostStreams {
  private let host: OpaquePointer
  private let event: @convention(c) (OpaquePointer?, UnsafePointer<mesh_stream_event>?) -> Int32
  private let credit: @convention(c) (OpaquePointer?, UInt64, UInt32, UInt32, UInt64) -> Int32

  /// Nil when the host offers none.
  init?(_ host: Host) {
    guard let table = host.extensionTable(MESH_STREAM_NAME)?.assumingMemoryBound(to: mesh_stream_host.self),
      Int(table.pointee.size) >= MemoryLayout<mesh_stream_host>.size, let event = table.pointee.event,
      let credit = table.pointee.credit
    else { return nil }
    self.host = host.pointer
    self.event = event
    self.credit = credit
  }

  /// Tells that a lane has credit of its own; false when the host keeps none for it.
  func opened(_ link: UInt64, lane: Int) -> Bool {
    var event = mesh_stream_event()
    event.size = UInt32(MemoryLayout<mesh_stream_event>.size)
    event.kind = MESH_STREAM_OPENED
    event.link = link
    event.stream = UInt32(lane)
    event.tclass = UInt32(lane)
    return self.event(host, &event) == MESH_OK
  }

  func credit(_ link: UInt64, lane: Int, _ amount: LaneCredit.Amount) {
    _ = credit(host, link, UInt32(lane), amount.frames, amount.bytes)
  }
}

/// The plugin's side: nothing can be asked of it, since only who dials can make requests, and to the host the lanes of a
/// link are all there when it comes up.
enum StreamTable {
  nonisolated(unsafe) static let table: UnsafePointer<mesh_stream_plugin> = {
    let table = UnsafeMutablePointer<mesh_stream_plugin>.allocate(capacity: 1)
    table.initialize(
      to: mesh_stream_plugin(
        size: UInt32(MemoryLayout<mesh_stream_plugin>.size), reserved: 0, open: nil, close: nil))
    return UnsafePointer(table)
  }()
}

extension Instance {
  private var whole: LaneCredit.Amount {
    LaneCredit.Amount(frames: UInt32(settings.queueFrames), bytes: UInt64(settings.queueBytes))
  }

  /// The first credit of a link that has just come up, and of its lanes.
  func openCredit(_ connection: Connection) {
    for lane in 1..<LaneNumbers.count {
      guard let streams, streams.opened(connection.link, lane: lane) else { continue }
      connection.lanes[lane].credit.hasOwn = true
      streams.credit(connection.link, lane: lane, whole)
    }
    host.credit(connection.link, frames: whole.frames, bytes: whole.bytes)
  }

  /// Notes a packet that was taken for a lane.
  func spend(_ connection: Connection, _ lane: Int, _ bytes: UInt32) {
    connection.lanes[lane].credit.took(bytes)
    if connection.lanes[lane].credit.isMuch(of: whole) {
      connection.lanesWithNews |= 1 << UInt8(truncatingIfNeeded: lane)
    }
  }

  /// Gives back what has left, and ahead of time what a lane holds that the other end does not take.
  func giveCredit(_ connection: Connection) {
    guard connection.lanesWithNews != 0, connection.phase == .open else { return }
    var news = connection.lanesWithNews
    connection.lanesWithNews = 0
    giveBackCompleted()
    var link = LaneCredit.Amount()
    while news != 0 {
      let lane = news.trailingZeroBitCount
      news &= news &- 1
      if !connection.isOverQUIC, connection.lanes[lane].credit.isMuch(of: whole) {
        connection.lanes[lane].credit.isHeldUp =
          connection.server?.isHeldUp(lane) ?? connection.client?.isHeldUp(lane) ?? false
      }
      let given = connection.lanes[lane].credit.settle(whole)
      link.frames &+= given.link.frames
      link.bytes &+= given.link.bytes
      if given.lane.frames > 0, connection.lanes[lane].credit.hasOwn {
        streams?.credit(connection.link, lane: lane, given.lane)
      }
    }
    if link.frames > 0 || link.bytes > 0 { host.credit(connection.link, frames: link.frames, bytes: link.bytes) }
  }
}
