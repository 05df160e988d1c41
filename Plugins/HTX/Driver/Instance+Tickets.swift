// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTickets
import TransportDriver

extension Instance {
  /// Tickets that wait until the memory is read.
  private static let unjudgedLimit = 256
  /// Nanoseconds until pages are answered whose tickets have opened links.
  private static let pageDelay: ClosedRange<UInt64> = 1_000_000...4_000_000

  /// Reads the memory of used tickets before anything else; STARTED follows.
  func start() { restoreNext() }

  private func restoreNext() {
    if let key = gate.restoreKey {
      switch host.load(key, token: Token(.restore).raw) {
      case MESH_OK: return
      case MESH_E_UNSUPPORTED:
        host.log(MESH_LOG_WARNING, "there is no state folder: used tickets are forgotten when the node ends")
        while gate.restoreKey != nil { restore(nil) }
      case let status: restoreFailed(status)
      }
    }
    guard !isStarted else { return judgeWaiting() }
    isStarted = true
    report(MESH_EVENT_STARTED)
    loadCalibration()
  }

  /// A record came from the disk, or the word that there is none.
  func restored(_ event: mesh_ready) {
    guard gate.restoreKey != nil else { return }
    switch event.status {
    case MESH_OK: restore(Array(UnsafeRawBufferPointer(start: event.data.ptr, count: Int(event.data_len))))
    case MESH_E_NOTFOUND: restore(nil)
    case let status: restoreFailed(status)
    }
    restoreNext()
  }

  private func restore(_ bytes: [UInt8]?) {
    guard let key = gate.restoreKey, !gate.restore(bytes, unixSeconds: Self.wallClock()), !ticketKeys.isEmpty else {
      return
    }
    host.log(
      MESH_LOG_ERROR,
      "the record \(key) of used tickets is damaged, so no ticket of its hour opens anything, for two hours at most; "
        + "put it back from a copy of the plugin's state folder and reload, or wait")
  }

  private func restoreFailed(_ status: Int32) {
    gate.restoreFailed(unixSeconds: Self.wallClock())
    guard !ticketKeys.isEmpty else { return }
    host.log(
      MESH_LOG_ERROR,
      "the memory of used tickets cannot be read (\(status)), so no ticket made up to an hour from now opens anything; "
        + "mend the plugin's state folder and reload")
  }

  /// A listener came from the load that this one replaces, which has used tickets since this one read them.
  func readTicketsAgain() {
    guard isStarted, gate.restoreKey == nil else { return }
    gate.restoreAgain()
    restoreNext()
  }

  /// The tickets that came while the memory was read.
  private func judgeWaiting() {
    let all = unjudged
    unjudged = []
    for (raw, candidates) in all {
      guard let token = Token(raw), let connection = connection(token), connection.phase != .gone else { continue }
      if !admit(connection, candidates) { settle([raw], admitted: false) }
    }
  }

  func judge(_ connection: Connection, _ candidates: [String]) -> TicketVerdict {
    // Without its listener this load is replaced: the other one remembers tickets now.
    guard !candidates.isEmpty, !isStopping, !ticketKeys.isEmpty, listeners[connection.listener] != nil else {
      return .decoy
    }
    if gate.restoreKey != nil {
      guard unjudged.count < Self.unjudgedLimit else { return .decoy }
      unjudged.append((connection.token(.store), candidates))
      return .wait
    }
    return admit(connection, candidates) ? .wait : .decoy
  }

  /// Judges; true when its record is on its way to the disk.
  private func admit(_ connection: Connection, _ candidates: [String]) -> Bool {
    let outcome = gate.judge(
      candidates, from: NetworkPrefix(address: connection.remote.octets), unixSeconds: Self.wallClock(),
      now: host.now())
    guard case .success(let ticket)? = outcome else { return false }
    connection.ticketDigest = ticket.digest
    records.add(ticket.record, for: connection.token(.store))
    return true
  }

  /// Where the other end says it is now: over QUIC it may have moved, and need not have proved that. What is counted by
  /// network is counted by `Connection.remote`, where the handshake was made.
  func present(_ connection: Connection) -> SocketAddress {
    connection.http3?.connection?.path.map { SocketAddress($0.remote) } ?? connection.remote
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

  /// A page that was asked for with a ticket goes with what the link sends first, or by itself after a while: the other
  /// end waits for the lane's answer, and has to read the page before that is used where both come together.
  private func answerLater(_ connection: Connection) {
    connection.owesPage = true
    late.append(connection)
    guard lateAt == .max else { return }
    lateAt = host.now() &+ UInt64.random(in: Self.pageDelay, using: &random)
  }

  /// Sends the pages whose time has come.
  func answerLate() {
    lateAt = .max
    for connection in late where connection.owesPage { answerPage(connection) }
    late.removeAll(keepingCapacity: true)
  }

  /// The page goes now.
  func answerPage(_ connection: Connection) {
    connection.owesPage = false
    connection.laneServer?.answerLate()
  }

  private func settle(admitted: Bool) { settle(admitted ? records.finish() : records.fail(), admitted: admitted) }

  private func settle(_ waiting: [UInt64], admitted: Bool) {
    isSettling = true
    defer { isSettling = false }
    for raw in waiting {
      guard let token = Token(raw), let connection = connection(token), connection.phase != .gone else { continue }
      connection.server?.settle(admitted: admitted)
      connection.laneServer?.settle(admitted: admitted, leavesPages: true)
      if connection.laneServer?.hasLateAnswers == true { answerLater(connection) }
      touch(connection)
    }
  }
}
