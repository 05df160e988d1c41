// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTickets
import TransportDriver
import TransportTLS

extension Instance {
  /// The addresses are known: QUIC begins, and TCP a while later; or TCP at once.
  func beginDial(_ connection: Connection) {
    connection.phase = .connecting
    guard let address = connection.address, address.scheme == "htx" || connection.alternativePort != nil else {
      return tryNextAddress(connection)
    }
    guard connection.isForQUIC || !isWithoutQUIC(address) else {
      connection.isBesideQUIC = true
      return tryNextAddress(connection)
    }
    connection.dial?.nextAttempt = MESH_DEADLINE_NONE
    let fallback = connection.isForQUIC ? .max : host.now() &+ settings.fallback.draw(using: &random)
    connection.quicDial = QUICDial(tcpStart: fallback)
    tryNextPath(connection)
  }

  /// Tries the next address over QUIC.
  func tryNextPath(_ connection: Connection) {
    while let dial = connection.quicDial, let addresses = connection.dial?.candidates, dial.tried < addresses.count {
      connection.quicDial?.tried += 1
      do throws(Failure) {
        try attempt(connection, addresses[dial.tried])
        connection.quicDial?.nextAttempt = host.now() &+ Dial.attemptDelay
        return
      } catch {
        connection.dial?.lastFailure = error
      }
    }
    connection.quicDial?.nextAttempt = MESH_DEADLINE_NONE
  }

  private func attempt(_ connection: Connection, _ remote: SocketAddress) throws(Failure) {
    var remote = remote
    if let port = connection.alternativePort { remote.port = port }
    guard let target = NetworkAddress(remote), let address = connection.address else {
      throw Failure(MESH_E_ADDRESS, MESH_CLASS_CONFIG, "no address for UDP")
    }
    let known = address.key ?? (connection.isVisit ? nil : settings.pin.flatMap { PublicKeyPin($0) })
    let pin = known.flatMap { KeyPin($0.bytes) }
    let peer = PeerIdentity(
      name: address.host, isAddress: address.literal != nil, pins: pin.map { [$0] } ?? [])
    let port = try dialPort(remote.family)
    let (client, http3) = makeClient(connection, address)
    let used = try credentials.quicClient(isPinned: pin != nil, settings)
    let made = port.endpoint.connect(
      to: target, from: port.socket.address, peer, http3, credentials: used, now: clock())
    guard made != nil else { throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "no connection over QUIC") }
    port.users += 1
    connection.quicDial?.attempts.append(QUICDial.Attempt(client: client, http3: http3, port: port))
  }

  private func makeClient(_ connection: Connection, _ address: HTXAddress) -> (HTTP3Handler, HTTP3Connection) {
    if connection.isVisit {
      let page = PageClient(connection, authority: address.authority, path: address.path)
      return (page, page.makeConnection(keepsSettings: connection.isCalibration))
    }
    let client = LaneClient(connection)
    return (client, client.makeConnection())
  }

  /// None of the addresses has answered over QUIC: TCP is tried beside them.
  func beginTCP(_ connection: Connection) {
    connection.quicDial?.tcpStart = MESH_DEADLINE_NONE
    tryNextAddress(connection)
  }

  /// A connection over QUIC may be used, though nobody knows yet whether anything arrives: the first one shows a ticket,
  /// and the others and TCP go on until it is confirmed. Called while the endpoint is on the stack.
  func reached(_ connection: Connection, _ client: LaneClient) {
    guard let attempts = connection.quicDial?.attempts,
      attempts.allSatisfy({ ($0.client as? LaneClient)?.ticketDigest == nil })
    else { return }
    showTicket(connection, client)
  }

  /// What goes with a ticket is made while the server works on the first packet, for the address that is tried first.
  func prepareTicket(_ connection: Connection) {
    guard let ticket = connection.ticket, let target = target(of: connection),
      let client = connection.quicDial?.attempts.first?.client as? LaneClient
    else { return }
    client.prepare(target, ticket)
  }

  private func target(of connection: Connection) -> ClientTarget? {
    connection.address.map { ClientTarget(authority: $0.authority, path: $0.path, cookie: settings.cookie) }
  }

  private func showTicket(_ connection: Connection, _ client: LaneClient) {
    guard let target = target(of: connection), connection.ending == nil else { return }
    guard let ticket = takeTicket(connection), client.begin(target, ticket) else {
      connection.ending = Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "no ticket can be made for the site's key")
      return touch(connection)
    }
    if let attempt = connection.quicDial?.attempts.first(where: { $0.client === client }) { unbound.append(attempt) }
  }

  /// A connection over QUIC is confirmed: it is the one. Called while the endpoint is on the stack.
  func confirmed(_ connection: Connection, _ client: LaneClient) {
    guard settle(connection, on: client) else { return }
    connection.laneClient = client
    beginVisit(connection)
    if client.ticketDigest == nil { showTicket(connection, client) }
    connection.ticketDigest = client.ticketDigest ?? []
  }

  /// The way is chosen: everything else that was tried is given up. False when it is too late for that.
  func settle(_ connection: Connection, on client: HTTP3Handler) -> Bool {
    guard connection.phase == .connecting || connection.phase == .tls, connection.ending == nil,
      let winner = connection.quicDial?.take(client)
    else { return false }
    for other in connection.quicDial?.attempts ?? [] {
      other.leave()
      other.http3.close()
      other.port.users -= 1
    }
    winner.port.users -= 1
    connection.quicDial = nil
    leaveTCP(connection)
    use(winner.port, winner.http3, connection)
    connection.phase = .visiting
    return true
  }

  /// Gives up TCP, which QUIC has overtaken.
  private func leaveTCP(_ connection: Connection) {
    closeAttempts(connection)
    connection.dial = nil
    connection.tls = nil
    guard connection.descriptor >= 0 else { return }
    host.unwatch(connection.descriptor)
    close(connection.descriptor)
    connection.descriptor = -1
    connection.mask = 0
  }

  /// A connection over QUIC did not come about. Called while the endpoint is on the stack.
  func missed(_ connection: Connection, _ client: LaneClient, _ reason: CloseReason) {
    guard let attempt = connection.quicDial?.take(client) else { return }
    attempt.port.users -= 1
    let failure = Failure(reason, pin: connection.address?.pin ?? settings.pin)
    connection.dial?.lastFailure = failure
    if failure.category == MESH_CLASS_AUTH {
      // Somebody else answers there; TCP would not make him the right one.
      connection.ending = failure
    } else if connection.quicDial?.nextAttempt != MESH_DEADLINE_NONE {
      connection.quicDial?.nextAttempt = 0
    } else if hasNoAddressLeft(connection) {
      connection.ending = failure
    }
    touch(connection)
  }

  /// Whether neither way has anything left to try.
  func hasNoAddressLeft(_ connection: Connection) -> Bool {
    guard connection.phase == .connecting, let dial = connection.dial, dial.tried >= dial.candidates.count,
      dial.descriptors.allSatisfy({ $0 < 0 })
    else { return false }
    guard let quic = connection.quicDial else { return true }
    return quic.attempts.isEmpty && quic.tried >= dial.candidates.count && quic.tcpStart == MESH_DEADLINE_NONE
  }

  /// TCP was faster: UDP does not seem to get through.
  func overtake(_ connection: Connection) {
    guard connection.quicDial != nil, let address = connection.address else { return }
    dropAttempts(connection)
    connection.isBesideQUIC = true
    withoutQUIC.add(address.authority, now: host.now(), pause: settings.quicPause)
    guard !connection.isVisit else { return }
    host.log(MESH_LOG_INFO, "no answer over QUIC from \(address.authority): the link goes over TCP")
  }

  private func isWithoutQUIC(_ address: HTXAddress) -> Bool {
    withoutQUIC.contains(address.authority, now: host.now())
  }

  /// Ends what is tried over QUIC. Not to be called while an endpoint is on the stack.
  func dropAttempts(_ connection: Connection) {
    for attempt in connection.quicDial?.attempts ?? [] {
      attempt.leave()
      attempt.port.users -= 1
      if let quic = attempt.http3.connection {
        attempt.port.endpoint.end(quic, error: HTTP3Connection.noError, now: clock())
      }
    }
    connection.quicDial = nil
  }
}
