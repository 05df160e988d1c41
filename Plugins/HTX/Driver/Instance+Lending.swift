// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import CQUIC
import HTXHTTP3
import HTXQUIC
import HTXTCP
import TransportDriver

extension Instance {
  /// Lends packets of a lane to HTTP/3, each behind its length, which stands in the room before the payload.
  func lend(
    _ connection: Connection, _ number: Int, _ vectors: UnsafeMutablePointer<cquic_vector>, _ limit: Int
  ) -> HTTP3Fill {
    var count = 0
    var wasPacket = false
    while count < limit {
      if wasPacket, connection.lanes[number].isDrained { guard padRecord(connection, number) else { break } }
      guard let buffer = connection.lanes[number].lendNext() else { break }
      wasPacket = buffer.isPacket
      guard wasPacket else {
        vectors[count] = cquic_vector(bytes: buffer.data.ptr, length: Int(buffer.len))
        count += 1
        continue
      }
      let start = buffer.data.ptr + Int(buffer.off) - Information.frameHeader
      start[0] = UInt8(truncatingIfNeeded: buffer.len >> 8)
      start[1] = UInt8(truncatingIfNeeded: buffer.len)
      vectors[count] = cquic_vector(bytes: start, length: Int(buffer.len) + Information.frameHeader)
      count += 1
    }
    if count > 0 { return .filled(count) }
    return connection.isEndingLanes ? .last(0) : .wait
  }

  /// The other end has so many bytes of a lane more: packets that are whole there go back to the host.
  func acknowledged(_ connection: Connection, _ number: Int, _ count: Int) {
    connection.lanes[number].sent += count
    while connection.lanes[number].hasLent {
      let first = connection.lanes[number].first
      let whole = Int(first.len) + first.headerBytes
      let sent = connection.lanes[number].sent
      guard sent >= whole else { break }
      frameLeft(connection, number)
      connection.lanes[number].sent = sent - whole
    }
    if connection.phase == .closing { touch(connection) }
  }

  /// The connection below a link or a visitor is over. Called while the endpoint is on the stack.
  func over(_ connection: Connection, _ reason: CloseReason) {
    let failure = Failure(reason)
    if connection.wasUp, failure.code == MESH_E_PROTOCOL { figures.violations &+= 1 }
    if connection.ending == nil { connection.ending = failure }
    touch(connection)
  }
}
