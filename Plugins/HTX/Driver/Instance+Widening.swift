// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXLanes
import HTXTCP
import TransportDriver

/// The lanes of a link over QUIC that came up with lane 0 alone.
extension Instance {
  /// Another lane is needed: who dialled asks for all that are missing, and says so in lane 0, so that the goodbye of a
  /// lane is not taken for that of the link; the server asks in lane 0 to be asked.
  func widen(_ connection: Connection) {
    guard connection.isNarrow, connection.phase == .open else { return }
    connection.isNarrow = false
    let wasDrained = connection.lanes[0].isDrained
    connection.lanes[0].append(.widening)
    if wasDrained { resume(connection, 0) }
    connection.laneClient?.openRest()
    touch(connection)
  }

  /// The other end's word about the rest of the lanes has come.
  func widened(_ connection: Connection) {
    if connection.laneClient != nil { return widen(connection) }
    connection.isNarrow = false
    connection.laneServer?.expectRest()
  }
}

extension mesh_buf {
  /// Kept for good and never written.
  nonisolated(unsafe) private static let word: UnsafeMutablePointer<UInt8> = {
    let word = UnsafeMutablePointer<UInt8>.allocate(capacity: Information.frameHeader)
    word.initialize(repeating: 0xFF, count: Information.frameHeader)
    return word
  }()

  /// The word about the rest of the lanes, which stands where a packet's length would.
  static var widening: mesh_buf {
    var buffer = mesh_buf()
    buffer.data.ptr = word
    buffer.len = UInt32(Information.frameHeader)
    buffer.stream = .max - 1
    return buffer
  }
}
