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
    records.add(ticket.record, for: connection.token(.store))
    return .wait
  }

  /// Where the other end is now: over QUIC it may have moved.
  func present(_ connection: Connection) -> SocketAddress {
    connection.http3?.connection?.path.map { SocketAddress($0.remote) } ?? connection.remote
  }

  /// Makes tickets for links that are dialled, while their first packets are on their way: the two key agreements cost no
  /// time then.
  func makeTickets() {
    while let connection = ticketless.popLast() {
      guard connection.ticket == nil, connection.phase != .gone, !connection.isVisit else { continue }
      connection.ticket = makeTicket(connection)
    }
  }

  /// A ticket that nobody has seen.
  func takeTicket(_ connection: Connection) -> IssuedTicket? {
    defer { connection.ticket = nil }
    return connection.ticket ?? makeTicket(connection)
  }

  private func makeTicket(_ connection: Connection) -> IssuedTicket? {
    guard let address = connection.address, let key = address.ticket else { return nil }
    return IssuedTicket(for: key, policy: address.policy, unixSeconds: Self.wallClock())
  }

  /// The record of tickets is on disk, or could not be written.
  func stored(_ status: Int32) {
    if status != MESH_OK { host.log(MESH_LOG_ERROR, "used tickets cannot be stored, so they open nothing") }
    settle(admitted: status == MESH_OK)
  }

  /// Writes the tickets that were admitted in this turn, all with one record; none opens anything before.
  func storeRecords() {
    while let record = records.next() {
      switch host.store(record.key, record.bytes, token: Token(.store).raw) {
      case MESH_OK: return
      case MESH_E_UNSUPPORTED: settle(admitted: true)
      case let status: stored(status)
      }
    }
  }

  private func settle(admitted: Bool) {
    isSettling = true
    defer { isSettling = false }
    for raw in admitted ? records.finish() : records.fail() {
      guard let token = Token(raw), let connection = connection(token), connection.phase != .gone else { continue }
      connection.server?.settle(admitted: admitted)
      connection.laneServer?.settle(admitted: admitted)
      touch(connection)
    }
  }
}
