// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTickets
import TransportDriver

extension Instance {
  /// Reads the memory of used tickets before anything else; STARTED follows.
  func start() { restoreNext() }

  private func restoreNext() {
    if let key = gate.restoreKey {
      if host.load(key, token: Token(.restore).raw) { return }
      host.log(MESH_LOG_WARNING, "there is no state folder: used tickets are forgotten when the node ends")
      while gate.restoreKey != nil { gate.restore(nil) }
    }
    isStarted = true
    report(MESH_EVENT_STARTED)
    loadCalibration()
  }

  /// A record came from the disk, or the word that there is none.
  func restored(_ event: mesh_ready) {
    guard !isStarted else { return }
    let bytes = UnsafeRawBufferPointer(start: event.data.ptr, count: Int(event.data_len))
    gate.restore(event.status == MESH_OK ? Array(bytes) : nil)
    restoreNext()
  }

  func judge(_ connection: Connection, _ candidates: [String]) -> TicketVerdict {
    guard !candidates.isEmpty, !isStopping, !ticketKeys.isEmpty else { return .decoy }
    let outcome = gate.judge(
      candidates, from: NetworkPrefix(address: present(connection).octets), unixSeconds: Self.wallClock(),
      now: host.now())
    guard case .success(let ticket)? = outcome else { return .decoy }
    connection.ticketDigest = ticket.digest
    if !host.store(ticket.record.key, ticket.record.bytes, token: connection.token(.store)) {
      unstored.append(connection)
      touch(connection)
    }
    return .wait
  }

  /// Where the other end is now: over QUIC it may have moved.
  func present(_ connection: Connection) -> SocketAddress {
    connection.http3?.connection?.path.map { SocketAddress($0.remote) } ?? connection.remote
  }

  /// The record of a ticket is on disk, or could not be written.
  func stored(_ connection: Connection, _ status: Int32) {
    if status != MESH_OK { host.log(MESH_LOG_ERROR, "a used ticket cannot be stored, so it opens nothing") }
    connection.server?.settle(admitted: status == MESH_OK)
    connection.laneServer?.settle(admitted: status == MESH_OK)
    touch(connection)
  }

  /// Tickets that were to be stored where there is no store.
  func settleUnstored() {
    let waiting = unstored
    unstored.removeAll()
    for connection in waiting where connection.phase != .gone {
      connection.server?.settle(admitted: true)
      connection.laneServer?.settle(admitted: true)
      touch(connection)
    }
  }
}
