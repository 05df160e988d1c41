// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import TransportDriver

extension Instance {
  /// Silent links are looked at together, at most as often as this, in nanoseconds.
  private static let coverStep: UInt64 = 5_000_000
  /// The lane of idle padding: the one that others do not wait behind.
  private static let coverLane = LaneNumbers.count - 1

  /// A link is up.
  func beginCover(_ connection: Connection) {
    guard fillsSilence, connection.isPadded else { return }
    connection.cover.begin(settings.cover, now: host.now(), using: &random)
    coverNext = min(coverNext, connection.cover.at)
  }

  /// The host sends a packet.
  func spoke(_ connection: Connection) {
    guard fillsSilence, connection.isPadded, connection.cover.spoke(settings.cover) else { return }
    connection.cover.beginBurst(settings.cover, now: host.now(), using: &random)
    coverNext = min(coverNext, connection.cover.at)
  }

  /// Pads the links whose silence is over.
  func fillSilence(_ now: UInt64) {
    guard now >= coverNext else { return }
    var next = UInt64.max
    for connection in links.values where connection.phase == .open && connection.isPadded {
      let size = connection.cover.due(settings.cover, now: now, using: &random)
      next = min(next, connection.cover.at)
      // Whoever does not take what there is gets no padding on top.
      let lane = connection.isNarrow ? 0 : Self.coverLane
      guard size > 0, connection.lanes[lane].isEmpty else { continue }
      connection.lanes[lane].append(.padding(size))
      resume(connection, lane)
      touch(connection)
    }
    coverNext = next == .max ? next : max(next, now &+ Self.coverStep)
  }

  /// Puts padding behind packets that leave together; false when there is none.
  func padRecord(_ connection: Connection, _ lane: Int) -> Bool {
    guard settings.cover.recordPadding > 0, connection.phase == .open, connection.isPadded else { return false }
    let size = CoverSettings.size(from: 0, to: settings.cover.recordPadding, using: &random)
    guard size > 0 else { return false }
    connection.lanes[lane].append(.padding(size))
    return true
  }
}

extension mesh_buf {
  /// What padding is read from; never written, and kept for good.
  nonisolated(unsafe) private static let zeros: UnsafeMutablePointer<UInt8> = {
    let zeros = UnsafeMutablePointer<UInt8>.allocate(capacity: CoverSettings.largest)
    zeros.initialize(repeating: 0, count: CoverSettings.largest)
    return zeros
  }()

  /// Padding that stands in a lane like a packet, without a length before it.
  static func padding(_ count: Int) -> mesh_buf {
    var buffer = mesh_buf()
    buffer.data.ptr = zeros
    buffer.len = UInt32(count)
    buffer.stream = .max
    return buffer
  }

  /// No packet has this lane.
  var isPadding: Bool { stream == .max }

  /// Whether it is neither padding nor the word about the rest of the lanes.
  var isPacket: Bool { stream < .max - 1 }

  /// Bytes before the first one in a lane's body.
  var headerBytes: Int { isPacket ? Information.frameHeader : 0 }
}
